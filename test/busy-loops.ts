import { type ChildProcess, spawn } from 'node:child_process';

/** Looks at its parent now and then: it ends with it, however that ends. */
const LOOP = `
const parent = process.ppid;
while (process.ppid === parent) for (let i = 0; i < 1e8; i++);
`;

/** Processes that take all that they get of the machine. @returns what ends them */
export function startBusyLoops(count: number): () => void {
  const children: ChildProcess[] = [];
  const end = () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  };
  process.once('exit', end);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  while (children.length < count) children.push(spawn(process.execPath, ['-e', LOOP], { stdio: 'ignore' }));
  return end;
}

// Starting what is measured: pinned to a core where asked, with its own accounting of CPU and memory.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';

export interface Measured {
  child: ChildProcess;
  port: number;
  /** Milliseconds from the start of the process to the first 200 of discovery. */
  startMs: number;
  /** CPU milliseconds used so far, by the process's own accounting. */
  cpuMs(): number;
  residentMiB(): number;
  stop(): Promise<void>;
}

const TICKS_PER_SECOND = 100;
const hasTaskset = spawnSync('taskset', ['--version']).status === 0;

function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const request = get(
    {
      host: '127.0.0.1',
      port,
      path: '/.well-known/openid-configuration',
      headers: { host: `localhost:${port}` },
      agent: false,
    },
    (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    },
  );
  request.on('error', () => resolve(false));
  return promise;
}

/** Binds this process, the driver, to cores; nothing happens where there is no taskset. */
export function bindDriver(cores: string): void {
  if (hasTaskset) spawnSync('taskset', ['-a', '-cp', cores, String(process.pid)], { stdio: 'ignore' });
}

/** Starts a script of ours with Node, pinned to one core unless `core` is undefined. */
export function startNode(
  script: string,
  args: string[],
  environment: Record<string, string>,
  core: number | undefined,
): ChildProcess {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', file, ...args];
  const cores = core === undefined ? '0,1' : String(core);
  const pinned = hasTaskset ? ['taskset', '-c', cores, ...command] : command;
  const { PATH = '', HOME = '' } = process.env;
  return spawn(pinned[0] ?? '', pinned.slice(1), {
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Starts a server and waits for its discovery document. */
export async function startServer(
  script: string,
  args: string[],
  environment: Record<string, string>,
  port: number,
  core: number | undefined,
): Promise<Measured> {
  const startedAt = performance.now();
  const child = startNode(script, args, environment, core);
  child.stdout?.resume();
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${script} ended with ${child.exitCode}`);
    if (performance.now() - startedAt > 30_000) throw new Error(`${script} does not answer`);
  }
  const startMs = performance.now() - startedAt;
  const stat = () => readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return {
    child,
    port,
    startMs,
    cpuMs: () => ((Number(stat()[11]) + Number(stat()[12])) / TICKS_PER_SECOND) * 1_000,
    residentMiB: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1_024,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

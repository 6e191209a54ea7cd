import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningProcess {
  child: ChildProcess;
  output(): string;
  /** Resolves when the output holds the text. @throws when the process ends before, or after 30 seconds */
  says(text: string): Promise<void>;
  ended: Promise<Ended>;
}

/** Starts the real program with settings from the environment alone. */
export function startProcess(
  args: string[],
  environment: Record<string, string>,
  input = '',
): RunningProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    env: { PATH, HOME, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    changed();
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    changed();
  });
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code]) => {
    changed();
    return { code: code as number | null, stdout, stderr };
  });
  return {
    child,
    ended,
    output: () => stdout + stderr,
    says: (text) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => reject(new Error(`never said ${text}: ${stdout}${stderr}`)), 30_000);
      const look = () => {
        if ((stdout + stderr).includes(text)) resolve();
        else if (child.exitCode !== null)
          reject(new Error(`ended before saying ${text}: ${stdout}${stderr}`));
      };
      listeners.add(look);
      look();
      return promise.finally(() => {
        clearTimeout(timer);
        listeners.delete(look);
      });
    },
  };
}

/** Runs the real program to its end: for its start, its exit status, signals and pipes. Other commands: `runCommand`. */
export function runProcess(args: string[], environment: Record<string, string>, input = ''): Promise<Ended> {
  return startProcess(args, environment, input).ended;
}

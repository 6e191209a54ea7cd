import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findService } from '../services.ts';
import { freshFolder } from './folder.ts';
import { freePort } from './port.ts';

export interface RedisServer {
  port: number;
  /** Ends the process and keeps its data; `SIGKILL` as a crash would. */
  halt(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same port and data. */
  resume(): Promise<void>;
  /** While it is halted: cuts so many bytes off the end of its append-only log. */
  cutLog(bytes: number): void;
  /** Stops it from answering, and lets it go on, without ending it. */
  freeze(isFrozen: boolean): void;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

async function launch(program: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout }))
    if (line.includes('Ready to accept connections')) break;
  if (child.exitCode !== null) throw new Error(`Redis ended with ${child.exitCode}`);
  child.stdout.resume();
  return child;
}

/** A private Redis on a free port with throw-away data. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  const program = findService('Redis');
  if (!program) throw new Error('Redis is missing: npm run services');
  const folder = freshFolder();
  const port = await freePort();
  const fixed = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder.path,
    save: '',
    appendonly: 'yes',
    daemonize: 'no',
  };
  const args = [...Object.entries(fixed).flatMap(([name, value]) => [`--${name}`, value]), ...settings];
  let child: ChildProcess | undefined = await launch(program, args);

  const halt = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    child = undefined;
  };
  return {
    port,
    halt,
    resume: async () => {
      child ??= await launch(program, args);
    },
    cutLog: (bytes) => {
      const logs = join(folder.path, 'appendonlydir');
      const files = existsSync(logs)
        ? readdirSync(logs).map((name) => join(logs, name))
        : [join(folder.path, 'appendonly.aof')];
      const log = files.find((file) => file.endsWith('.incr.aof')) ?? files[0] ?? '';
      truncateSync(log, Math.max(0, statSync(log).size - bytes));
    },
    freeze: (isFrozen) => {
      child?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
    },
    stop: async () => {
      child?.kill('SIGCONT');
      await halt();
      folder.remove();
    },
  };
}

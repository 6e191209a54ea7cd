import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { findService } from '../services.ts';
import { freshFolder } from './folder.ts';
import { freePort } from './port.ts';

export interface RedisServer {
  port: number;
  stop(): Promise<void>;
}

/** A private Redis on a free port with throw-away data. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  const program = findService('Redis');
  if (!program) throw new Error('Redis is missing: npm run services');
  const folder = freshFolder();
  const port = await freePort();
  const fixed = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder.path,
    '--save',
    '',
    '--appendonly',
    'yes',
    '--daemonize',
    'no',
  ];
  const child = spawn(program, [...fixed, ...settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout }))
    if (line.includes('Ready to accept connections')) break;
  if (child.exitCode !== null) throw new Error(`Redis ended with ${child.exitCode}`);
  child.stdout.resume();
  return {
    port,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      folder.remove();
    },
  };
}

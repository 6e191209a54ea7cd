import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { freshFolder } from '../support/folder.ts';
import { freePort } from '../support/port.ts';
import { type RunningProcess, startProcess } from '../support/process.ts';
import { GARBAGE, sendRaw } from '../support/raw.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let folder: ReturnType<typeof freshFolder>;
let port: number;
let internalPort: number;
let environment: Record<string, string>;
const running: RunningProcess[] = [];
beforeEach(async () => {
  folder = freshFolder();
  port = await freePort();
  internalPort = await freePort();
  environment = {
    SALLYPORT_DATA: join(folder.path, 'data'),
    SALLYPORT_PORT: String(port),
    SALLYPORT_ISSUER: `http://localhost:${port}`,
    SALLYPORT_INTERNAL_PORT: String(internalPort),
  };
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  folder.remove();
});

const isReady = () =>
  fetch(`http://127.0.0.1:${internalPort}/health/ready`).then(
    ({ status }) => status === 200,
    () => false,
  );

/** A started server in which the signal USR2 does what the script says. */
async function serverThat(script: string, more: Record<string, string> = {}): Promise<RunningProcess> {
  const fault = `data:text/javascript,${encodeURIComponent(`process.on('SIGUSR2',()=>{${script}})`)}`;
  const server = startProcess(['start'], { ...environment, ...more, NODE_OPTIONS: `--import=${fault}` });
  running.push(server);
  await eventually(isReady, (ready) => ready);
  return server;
}

describe.each(['1', '2'])('a server of %s processes', (workers) => {
  test('SEC-4 X4 garbage on both ports ends no process', async () => {
    const server = await serverThat('', { SALLYPORT_WORKERS: workers });
    for (const [, bytes] of GARBAGE) for (const at of [port, internalPort]) await sendRaw(at, bytes);
    expect(await isReady()).toBe(true);
    expect(server.output()).not.toMatch(/reached no part|a worker died/);
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });
});

describe('the last resort', () => {
  test('SEC-4 X4 a rejection that no part waits for is logged, and the server goes on', async () => {
    const server = await serverThat("Promise.reject(new Error('forgotten'))");
    server.child.kill('SIGUSR2');
    await server.says('a rejection reached no part of the server');
    expect(server.output()).toContain('forgotten');
    expect(await isReady()).toBe(true);
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });

  test('SEC-4 X4 an exception that no part caught stops the server cleanly, with a status that says so', async () => {
    const server = await serverThat("throw new Error('astray')");
    server.child.kill('SIGUSR2');
    const { code, stdout, stderr } = await server.ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/astray[\s\S]*"stopping"/);
    expect(stderr).toContain('stopped after an error that reached no part of the server');
  });
});

test('SEC-4 X4 a log that cannot be written ends no process', async () => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'start'], {
    env: { PATH: process.env.PATH ?? '', ...environment, SALLYPORT_LOG_LEVEL: 'debug' },
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
  });
  const ended = once(child, 'close');
  await eventually(isReady, (ready) => ready || child.exitCode !== null);
  await fetch(`http://localhost:${port}/`);
  expect(await isReady()).toBe(true);
  child.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
});

test('OPS-2 X4 an internal port that is taken ends the parent of workers with one line', async () => {
  const taken = createServer().listen(internalPort, '127.0.0.1');
  await once(taken, 'listening');
  const server = startProcess(['start'], { ...environment, SALLYPORT_WORKERS: '2' });
  running.push(server);
  const { code, stderr } = await server.ended;
  taken.close();
  expect([code, stderr]).toEqual([1, expect.stringContaining('the port is in use')]);
});

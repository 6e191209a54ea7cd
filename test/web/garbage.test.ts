import type { Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startSampleApplication } from '../../src/doors/demo/sample-application.ts';
import { createLog } from '../../src/foundation/base/index.ts';
import { createGuardedServer, createInternalServer, listening } from '../../src/foundation/web/index.ts';
import { type StartedApp, startApp } from '../support/app.ts';
import { GARBAGE, sendAndReset, sendRaw } from '../support/raw.ts';

const log = createLog('silent');
const POST = 'POST /sign-in/x/password HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf';

/** Every port that this product listens on, and an address there that answers while the server lives. */
const doors: { name: string; port: number; alive: string; close(): Promise<unknown> }[] = [];
let app: StartedApp;
beforeAll(async () => {
  app = await startApp();
  const internal = createInternalServer({
    log,
    ready: async () => ({ status: 200, body: {} }),
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
  });
  const internalPort = await listening(internal, 0, '127.0.0.1');
  const sample = await startSampleApplication({
    issuer: app.issuer,
    port: 0,
    clientId: 'sample',
    secret: 'x',
    log,
  });
  doors.push(
    { name: 'public', port: Number(new URL(app.issuer).port), alive: '/health/live', close: app.close },
    { name: 'internal', port: internalPort, alive: '/health/live', close: async () => internal.close() },
    { name: 'sample', port: sample.port, alive: '/style.css', close: sample.close },
  );
});
afterAll(async () => {
  for (const { close } of doors) await close();
});

describe.each(['public', 'internal', 'sample'])('the %s port', (name) => {
  const door = () => {
    const found = doors.find((one) => one.name === name);
    if (!found) throw new Error(name);
    return found;
  };
  const isAlive = async () => {
    const { port, alive } = door();
    const { status } = await fetch(`http://127.0.0.1:${port}${alive}`);
    return status < 500;
  };

  test.each(GARBAGE)('SEC-4 X4 %s ends nothing but its own connection', async (_, bytes) => {
    const said = await sendRaw(door().port, bytes);
    if (name !== 'sample') expect(said).not.toMatch(/^HTTP\/1.1 5/m);
    expect(await isAlive()).toBe(true);
  });

  test('SEC-4 X4 connections that break anywhere end nothing but themselves', async () => {
    for (const bytes of ['G', 'GET /health/live HTTP/1.1\r\n', POST, 'GET //'])
      await sendAndReset(door().port, bytes);
    expect(await isAlive()).toBe(true);
  });
});

describe('a handler', () => {
  let server: Server;
  afterEach(() => {
    server.close();
  });
  const fails = new Error('on purpose');

  test.each([
    [
      'throws',
      () => {
        throw fails;
      },
    ],
    [
      'rejects',
      async () => {
        throw fails;
      },
    ],
    [
      'rejects with what is no error',
      async () => {
        throw undefined;
      },
    ],
  ])('SEC-4 X4 that %s answers 500, and the next request is served', async (_, handle) => {
    server = createGuardedServer(log, {}, handle);
    const port = await listening(server, 0, '127.0.0.1');
    for (let n = 0; n < 2; n++) {
      const { status } = await fetch(`http://127.0.0.1:${port}/`);
      expect(status).toBe(500);
    }
  });

  test('SEC-4 X4 that fails in the middle of its answer, or writes after its end, cuts that answer off', async () => {
    server = createGuardedServer(log, {}, async (request, response) => {
      response.write('a');
      if (request.url !== '/late') throw fails;
      response.end();
      response.write('b');
    });
    const port = await listening(server, 0, '127.0.0.1');
    await expect(fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text())).rejects.toThrow();
    expect(await (await fetch(`http://127.0.0.1:${port}/late`)).text()).toBe('a');
  });

  test('SEC-4 X4 a server that cannot take connections tells it, again and again, and goes on', async () => {
    server = createGuardedServer(log, {}, (_, response) => response.end('here'));
    const port = await listening(server, 0, '127.0.0.1');
    for (let n = 0; n < 3; n++) server.emit('error', new Error('EMFILE'));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here');
    const second = createGuardedServer(log, {}, () => {});
    await expect(listening(second, port, '127.0.0.1')).rejects.toThrow('EADDRINUSE');
  });
});

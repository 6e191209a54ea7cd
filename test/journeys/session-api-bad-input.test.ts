import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, type StartedApp, startApp } from '../support/app.ts';
import { type Person, Program } from '../support/program.ts';

let server: StartedApp;
let program: Program;
let person: Person;
let accountId: string;
beforeAll(async () => {
  server = await startApp();
  const tenant = await server.tenant('livevox');
  const account = await server.account(tenant, { permissions: ['use-session-api'] });
  accountId = account.id;
  program = new Program(server.issuer, await server.apiToken(tenant));
  person = { clientName: tenant.clientCode, userName: account.userName, password: PASSWORD };
});
afterAll(() => server.close());

const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  program.ask('POST', '/login', body, { 'lv-access': program.token, ...headers });
const text = (more: object) => JSON.stringify({ ...person, ...more });

/** Sends bytes as they are: no library stands between. */
function raw(lines: string[], body = ''): Promise<string> {
  const { hostname, port, host } = new URL(server.issuer);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', reject);
  socket.on('close', () => resolve(answer));
  const head = [...lines, `Host: ${host}`, 'Connection: close', `Content-Length: ${Buffer.byteLength(body)}`];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  return promise;
}

describe('bad input gets a clear error, and nothing else happens', () => {
  test.each<[string, () => string | Uint8Array, string]>([
    ['nothing', () => '', 'The body is not JSON.'],
    ['half of it', () => text({}).slice(0, -1), 'The body is not JSON.'],
    ['a list', () => `[${text({})}]`, 'The body must be a JSON object.'],
    ['a text', () => '"x"', 'The body must be a JSON object.'],
    ['null', () => 'null', 'The body must be a JSON object.'],
    ['a field twice', () => `{"userName":"x",${text({}).slice(1)}`, 'A field is named twice.'],
    [
      'a field twice, once escaped',
      () => `{"user\\u004eame":"x",${text({}).slice(1)}`,
      'A field is named twice.',
    ],
    [
      'bytes that are no UTF-8',
      () => Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      'The body is not JSON.',
    ],
    ['a number', () => text({ password: 7 }), 'password must be text.'],
    ['an object for a text', () => text({ userName: { $gt: '' } }), 'userName must be text.'],
    ['a list for a text', () => text({ userName: ['a'] }), 'userName must be text.'],
    ['a NUL', () => text({ userName: 'a\0b' }), 'userName must not hold a NUL.'],
    [
      'far too long',
      () => text({ password: 'x'.repeat(4_097) }),
      'password must have at most 4096 characters.',
    ],
    ['a number for the code', () => text({ otp: 123_456 }), 'otp must be text.'],
    ['a word for yes', () => text({ agent: 'yes' }), 'agent must be true or false.'],
    [
      'several at once',
      () => '{"agent":1}',
      'clientName must be text; userName must be text; password must be text; agent must be true or false.',
    ],
  ])('API-2 V34 %s', async (_, body, message) => {
    expect(await post(body())).toMatchObject({ status: 400, body: { code: 'bad_request', message } });
    expect(await server.core.audit.ofAccount(accountId, 5)).toEqual([]);
  });

  test('V33 fields that are the server’s own, and names of prototypes, change nothing', async () => {
    const forged =
      '{"__proto__":{"agent":true},"constructor":{"x":1},"role":"SysAdmin","sessionId":"x","epoch":9,';
    const answer = await post(`${forged}${text({}).slice(1)}`);
    expect(answer.status).toBe(200);
    expect((await server.core.accounts.byId(accountId))?.doc).toMatchObject({ role: 'Agent', epoch: 1 });
    await program.ask('DELETE', `/logout/${answer.body.sessionId}`, undefined, {
      'lv-session': String(answer.body.sessionId),
    });
  });

  test('a body of another kind, compressed, or larger than 64 KiB', async () => {
    expect((await post(text({}), { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(text({}), { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await post(text({}), { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await post(text({ more: 'x'.repeat(65_536) }))).status).toBe(413);
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    expect([400, 413]).toContain((await post(deep)).status);
  });

  test('two LV-Access headers, or ones with lines in them, open nothing', async () => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const request = httpRequest(`${server.issuer}/session/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'LV-Access': [program.token, program.token] },
    });
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once('error', reject);
    request.end(text({}));
    expect(await promise).toBe(401);
    const body = text({});
    const head = ['POST /session/login HTTP/1.1', 'Content-Type: application/json'];
    const injected = await raw([...head, 'LV-Access: x', ` ${program.token}`], body);
    expect(injected).toMatch(/^HTTP\/1\.1 40[01]/);
    const bare = await raw([...head, `LV-Access: x\n${program.token}`], body);
    expect(bare).toMatch(/^HTTP\/1\.1 40[01]/);
    const nul = await raw([...head, `LV-Access: ${program.token}\0`], body);
    expect(nul).toMatch(/^HTTP\/1\.1 40[01]/);
  });

  test('G3 addresses in other clothes open nothing', async () => {
    const { body } = await program.login(person);
    const id = String(body.sessionId);
    for (const path of [
      `/validate/${id}/`,
      `//validate/${id}`,
      `/Validate/${id}`,
      `/validate/${id}%2f`,
      `/validate/${id};x`,
      `/v1//validate/${id}`,
      `/v1/v2/validate/${id}`,
      `/%76alidate/${id}`,
    ])
      expect([path, (await program.ask('GET', path)).status]).not.toEqual([path, 200]);
    for (const method of ['PUT', 'PATCH', 'POST', 'DELETE'])
      expect(await program.ask(method, `/validate/${id}`, '{}')).toMatchObject({
        status: 405,
        body: { code: 'method_not_allowed' },
      });
    const over = { 'lv-access': program.token, 'x-http-method-override': 'DELETE' };
    expect((await program.ask('GET', `/validate/${id}`, undefined, over)).status).toBe(200);
    expect((await program.validate(id)).status).toBe(200);
    const allowed = await program.ask('PUT', '/login', '{}');
    expect(allowed.headers.get('allow')).toContain('POST');
  });

  test('S59 a page of another site can send none of it: there is no cookie, and no form sends the headers', async () => {
    const cross = { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' };
    const answer = await program.ask('OPTIONS', '/login', undefined, {
      ...cross,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'lv-access',
    });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const login = await program.ask('POST', '/login', person, { 'lv-access': program.token, ...cross });
    expect(login.headers.get('set-cookie')).toBeNull();
    expect(login.headers.get('access-control-allow-origin')).toBeNull();
    expect(login.headers.get('cache-control')).toBe('no-store');
  });
});

import { describe, expect, test } from '@jest/globals';
import { sendRequest } from '../support/raw.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const port = () => Number(new URL(server.issuer).port);
const ask = (host: string, path = '/.well-known/openid-configuration') =>
  sendRequest(port(), [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Accept: text/html']);

describe('the Host header', () => {
  test.each([
    ['as it is', (p: number) => `localhost:${p}`],
    ['in capitals', (p: number) => `LocalHost:${p}`],
    ['with the dot of the root', (p: number) => `localhost.:${p}`],
  ])('S44 %s is that of the issuer', async (_name, host) => {
    expect((await ask(host(port()))).status).toBe(200);
  });

  test.each([
    ['another name', () => 'evil.example'],
    ['another port', (p: number) => `localhost:${p + 1}`],
    ['no port', () => 'localhost'],
    ['a longer name', (p: number) => `localhost.evil.example:${p}`],
    ['two names', (p: number) => `localhost:${p}, evil.example`],
    ['userinfo', (p: number) => `evil@localhost:${p}`],
  ])('S44 OPS-3 %s is answered 421, which names the right one', async (_name, host) => {
    const { status, text } = await ask(host(port()));
    expect(status).toBe(421);
    expect(text).toContain(`localhost:${port()}`);
  });
});

describe('addresses that people and password managers try', () => {
  test.each([
    ['/', '/account'],
    ['/.well-known/change-password', '/account/password'],
  ])('PWD-10 %s leads to %s', async (path, leadsTo) => {
    const response = await fetch(`${server.issuer}${path}`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([303, leadsTo]);
  });

  test('OPS-3 an idle connection stays open for longer than a proxy keeps its own', async () => {
    const response = await fetch(`${server.issuer}/health/live`, { headers: { connection: 'keep-alive' } });
    const seconds = /timeout=(\d+)/.exec(response.headers.get('keep-alive') ?? '')?.[1];
    expect(Number(seconds)).toBeGreaterThan(60);
  });
});

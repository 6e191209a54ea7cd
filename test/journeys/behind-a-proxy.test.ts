import { describe, expect, test } from '@jest/globals';
import { networkOf } from '../../src/foundation/base/index.ts';
import { sendRequest } from '../support/raw.ts';
import { serverForAll } from '../support/suite.ts';

const log = { lines: [] as string[] };
const server = serverForAll({ SALLYPORT_TRUSTED_PROXIES: '127.0.0.1', SALLYPORT_LOG_LEVEL: 'warn' }, log);
const ask = (forwarded: string) => {
  const { port, host } = new URL(server.issuer);
  const lines = ['GET /sign-in/x HTTP/1.1', `Host: ${host}`, `X-Forwarded-For: ${forwarded}`];
  return sendRequest(Number(port), lines);
};

describe('what a trusted proxy says of who is behind it', () => {
  test('S26 OPS-3 a form that names no address is logged once, however often it comes', async () => {
    for (const hop of ['unknown', 'unknown', '_a1', '_b2', 'unknown']) await ask(hop);
    const told = log.lines.filter((line) => line.includes('names no address'));
    expect(told.map((line) => JSON.parse(line).hop)).toEqual(['unknown', '_a1']);
  });

  test('S26 LCK-7 people whose address is not known share no budget', () => {
    expect(networkOf('unknown')).toBeUndefined();
  });
});

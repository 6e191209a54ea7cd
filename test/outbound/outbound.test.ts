import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createOutbound } from '../../src/capabilities/outbound/index.ts';
import {
  answers,
  floods,
  hangs,
  type LogoutListener,
  startLogoutListener,
} from '../support/logout-listener.ts';
import { startRawTarget } from '../support/raw-target.ts';

const NOT_OURS = 'the address is not public, or not https, and not in outbound.allowedNetworks';
let listener: LogoutListener;
beforeEach(async () => {
  listener = await startLogoutListener();
});
afterEach(() => listener.close());

const FIELDS = { type: 'application/x-www-form-urlencoded', body: 'logout_token=x' };
const here = createOutbound({ allowedNetworks: ['127.0.0.1/32', '::1/128'] });
const nowhere = createOutbound({ allowedNetworks: [] });

describe('requests to addresses that others chose', () => {
  test.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f.0.0.1/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://192.0.2.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[fe80::1]/',
    'https://[fd00::1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:db8::1]/',
    'https://localhost/',
    'http://8.8.8.8/',
    'http://[2001:4860:4860::8888]/',
  ])('S78 %s is not asked', async (address) => {
    await expect(nowhere.post(address, FIELDS)).rejects.toThrow(NOT_OURS);
  });

  test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'data:text/plain,x'])(
    'S78 %s is no scheme for it',
    async (address) => {
      await expect(here.post(address, FIELDS)).rejects.toThrow('must be https');
    },
  );

  test('S78 a name is judged by what it resolves to, and a literal address without being looked up', async () => {
    const named = listener.url.replace('127.0.0.1', 'localhost');
    for (const address of [named, listener.url]) {
      await expect(nowhere.post(address, FIELDS)).rejects.toThrow(NOT_OURS);
      expect(await here.post(address, FIELDS)).toBe(200);
    }
    expect(listener.tokens).toEqual(['x', 'x']);
  });

  test('S78 a redirect is an answer, and it is not followed', async () => {
    const other = await startLogoutListener();
    listener.manner = answers(302, { location: other.url });
    expect(await here.post(listener.url, FIELDS)).toBe(302);
    expect(other.tokens).toEqual([]);
    await other.close();
  });

  test('S78 of an answer of ten megabytes nothing is kept', async () => {
    listener.manner = floods;
    expect(await here.post(listener.url, FIELDS)).toBe(200);
  });

  test('S78 F22 who does not answer is left after five seconds', async () => {
    listener.manner = hangs;
    await expect(here.post(listener.url, FIELDS)).rejects.toThrow('no answer in 5 seconds');
  });

  test('a name that is none, and a port where nothing listens, are told in a word', async () => {
    await expect(here.post('https://name.invalid/', FIELDS)).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
    await listener.close();
    await expect(here.post(listener.url, FIELDS)).rejects.toThrow('ECONNREFUSED');
    listener = await startLogoutListener();
  });
});

const HEAD = 'HTTP/1.1 200 OK\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n';
const LATE = 'no answer in 5 seconds';

describe('targets that break the protocol', () => {
  test.each<[string, string, boolean, string | number]>([
    ['switches protocols and stays', SWITCH, false, 101],
    ['switches protocols and ends', SWITCH, true, 101],
    ['answers 101 without what it switches to', 'HTTP/1.1 101 x\r\n\r\n', false, 101],
    ['goes on with 1xx, and never answers', 'HTTP/1.1 102 Processing\r\n\r\n', false, LATE],
    ['goes on with 1xx, and ends', 'HTTP/1.1 100 Continue\r\n\r\n', true, 'ECONNRESET'],
    ['never ends its headers', `${HEAD}A: b\r\n`, false, LATE],
    ['ends within its headers', `${HEAD}A: b\r\n`, true, 'ECONNRESET'],
    ['sends headers without measure', HEAD + 'A: b\r\n'.repeat(20_000), false, 'HPE_HEADER_OVERFLOW'],
    ['says nothing and ends', '', true, 'ECONNRESET'],
    ['says nothing and stays', '', false, LATE],
    ['speaks another protocol', '220 mail.example ESMTP\r\n', false, 'HPE_INVALID_CONSTANT'],
    ['sends zeros', '\0'.repeat(1_000), false, 'HPE_INVALID_CONSTANT'],
    ['promises a body and sends none', `${HEAD}Content-Length: 1000\r\n\r\n`, false, 200],
    ['sends a broken chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz`, false, 200],
    ['answers twice', `${HEAD}Content-Length: 0\r\n\r\n`.repeat(2), false, 200],
  ])('S78 X7 one that %s is settled', async (_, bytes, ends, wanted) => {
    const target = await startRawTarget((socket) => {
      if (ends) socket.end(bytes);
      else socket.write(bytes);
    });
    const settled = await here.post(target.url, FIELDS).catch((error: Error) => error.message);
    expect(settled).toBe(wanted);
    // Nothing of ours stays open on it: a clean stop has nothing to wait for.
    await target.whenAllClosed();
    await target.close();
  });

  test('S78 X7 one that sends 1xx as long as it is listened to is left after five seconds', async () => {
    const target = await startRawTarget((socket) => {
      const more = () => {
        if (!socket.destroyed) socket.write('HTTP/1.1 102 Processing\r\n\r\n', () => setImmediate(more));
      };
      more();
    });
    await expect(here.post(target.url, FIELDS)).rejects.toThrow(LATE);
    await target.whenAllClosed();
    await target.close();
  });

  test('S78 X7 one that resets the connection is settled', async () => {
    const target = await startRawTarget((socket) => socket.resetAndDestroy());
    await expect(here.post(target.url, FIELDS)).rejects.toThrow('ECONNRESET');
    await target.close();
  });

  test('S78 X7 one that speaks no TLS where TLS is due is settled', async () => {
    const target = await startRawTarget((socket) => socket.write('no TLS here\r\n'));
    const secure = target.url.replace('http:', 'https:');
    await expect(here.post(secure, FIELDS)).rejects.toThrow(/SSL|EPROTO/);
    await target.close();
  });
});

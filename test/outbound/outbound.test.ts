import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createOutbound } from '../../src/outbound/index.ts';
import {
  answers,
  floods,
  hangs,
  type LogoutListener,
  startLogoutListener,
} from '../support/logout-listener.ts';

const NOT_OURS = 'the address is not public, or not https, and not in outbound.allowedNetworks';
let listener: LogoutListener;
beforeEach(async () => {
  listener = await startLogoutListener();
});
afterEach(() => listener.close());

const FIELDS = { logout_token: 'x' };
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
    await expect(nowhere.postForm(address, FIELDS)).rejects.toThrow(NOT_OURS);
  });

  test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'data:text/plain,x'])(
    'S78 %s is no scheme for it',
    async (address) => {
      await expect(here.postForm(address, FIELDS)).rejects.toThrow('must be https');
    },
  );

  test('S78 a name is judged by what it resolves to, and a literal address without being looked up', async () => {
    const named = listener.url.replace('127.0.0.1', 'localhost');
    for (const address of [named, listener.url]) {
      await expect(nowhere.postForm(address, FIELDS)).rejects.toThrow(NOT_OURS);
      expect(await here.postForm(address, FIELDS)).toBe(200);
    }
    expect(listener.tokens).toEqual(['x', 'x']);
  });

  test('S78 a redirect is an answer, and nobody follows it', async () => {
    const other = await startLogoutListener();
    listener.manner = answers(302, { location: other.url });
    expect(await here.postForm(listener.url, FIELDS)).toBe(302);
    expect(other.tokens).toEqual([]);
    await other.close();
  });

  test('S78 of an answer of ten megabytes nothing is kept', async () => {
    listener.manner = floods;
    expect(await here.postForm(listener.url, FIELDS)).toBe(200);
  });

  test('S78 F22 who does not answer is left after five seconds', async () => {
    listener.manner = hangs;
    await expect(here.postForm(listener.url, FIELDS)).rejects.toThrow('no answer in 5 seconds');
  });

  test('a name that is none, and a port where nobody listens, are told in a word', async () => {
    await expect(here.postForm('https://name.invalid/', FIELDS)).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
    await listener.close();
    await expect(here.postForm(listener.url, FIELDS)).rejects.toThrow('ECONNREFUSED');
    listener = await startLogoutListener();
  });
});

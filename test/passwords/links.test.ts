import { describe, expect, test } from '@jest/globals';
import {
  accountOfToken,
  isLiveLink,
  LINK_SECONDS,
  newLink,
  renewedLink,
} from '../../src/capabilities/passwords/index.ts';
import { anAccount } from '../support/an-account.ts';

const ID = '0191d2c0-1234-7000-8000-0123456789ab';
const OTHER = '0191d2c0-1234-7000-8000-0123456789ac';
const NOW = 1_000;
const made = newLink(ID, 'reset', NOW);
const account = anAccount({ id: ID, link: made.link });

describe('SEC-4 X17 a link that a person asks for', () => {
  const invited = newLink(ID, 'set-password', NOW).link;
  test.each([
    ['none before it', null, NOW, NOW + LINK_SECONDS.reset],
    ['one that was asked for', made.link, NOW + 60, NOW + 60 + LINK_SECONDS.reset],
    ['an invitation, whose time it keeps', invited, NOW + 60, invited.expiresAt],
    [
      'an invitation that is nearly over',
      invited,
      invited.expiresAt - 1,
      invited.expiresAt - 1 + LINK_SECONDS.reset,
    ],
    ['an invitation that is over', invited, invited.expiresAt, invited.expiresAt + LINK_SECONDS.reset],
  ])('%s', (_, before, now, expiresAt) => {
    const { link, token } = renewedLink(ID, before, now);
    expect(link.expiresAt).toBe(expiresAt);
    expect(isLiveLink(anAccount({ id: ID, link }), token, expiresAt - 1)).toBe(true);
  });
});

describe('S41 the token of a link', () => {
  test('names its account, carries 256 bits, and is kept as a hash', () => {
    expect(accountOfToken(made.token)).toBe(ID);
    expect(made.token.split('.')[1]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify(made.link)).not.toContain(made.token.split('.')[1]);
    expect(newLink(ID, 'reset', NOW).token).not.toBe(made.token);
  });

  test.each([
    '',
    '.',
    ID,
    `${ID}.`,
    `${ID}.short`,
    `${made.token}x`,
    `x${made.token}`,
    `${made.token}\n`,
    'a'.repeat(80),
  ])('%j was never one', (token) => {
    expect(accountOfToken(token)).toBeUndefined();
    expect(isLiveLink(account, token, NOW)).toBe(false);
  });

  test.each([
    ['reset', 1_800],
    ['set-password', 259_200],
  ] as const)('one to %s lives %s seconds', (purpose, seconds) => {
    const { token, link } = newLink(ID, purpose, NOW);
    expect(LINK_SECONDS[purpose]).toBe(seconds);
    expect(isLiveLink({ ...account, link }, token, NOW + seconds - 1)).toBe(true);
    expect(isLiveLink({ ...account, link }, token, NOW + seconds)).toBe(false);
  });

  test('another account, another secret, and none at all are not live', () => {
    expect(isLiveLink(account, made.token, NOW)).toBe(true);
    expect(isLiveLink({ ...account, id: OTHER }, made.token, NOW)).toBe(false);
    expect(isLiveLink({ ...account, link: newLink(ID, 'reset', NOW).link }, made.token, NOW)).toBe(false);
    expect(isLiveLink({ ...account, link: null }, made.token, NOW)).toBe(false);
    const foreign = made.token.replace(ID, OTHER);
    expect(isLiveLink({ ...account, id: OTHER }, foreign, NOW)).toBe(true);
    expect(isLiveLink(account, foreign, NOW)).toBe(false);
  });
});

import { describe, expect, test } from '@jest/globals';
import { isSameOrigin } from '../../src/foundation/web/same-origin.ts';

const OWN = 'https://id.example.org';
const FOREIGN = ['https://evil.example', `${OWN}.evil.example`, 'http://id.example.org', `${OWN}:444`, '*'];

const judged = (site: string, origin: string, bareFormAllowed: boolean) =>
  isSameOrigin(
    { get: (name: string) => (name === 'sec-fetch-site' ? site : origin) } as never,
    OWN,
    bareFormAllowed,
  );

/** What each pair of headers comes to, for a form of the sign-in and for every other one. */
const TABLE: readonly [site: string, origin: string, form: boolean, other: boolean][] = [
  ['same-origin', '', true, true],
  ['same-origin', OWN, true, true],
  // Our pages send no referrer, and with that no origin.
  ['same-origin', 'null', true, true],
  ['none', '', true, true],
  ['none', OWN, true, true],
  ['none', 'null', true, true],
  ['same-site', '', false, false],
  ['same-site', OWN, false, false],
  ['cross-site', '', false, false],
  ['cross-site', OWN, false, false],
  ['cross-site', 'null', false, false],
  ['nonsense', OWN, false, false],
  ['', OWN, true, true],
  ['', 'null', false, false],
  ['', '', true, false],
  ...['', 'same-origin', 'none', 'same-site', 'cross-site'].flatMap((site) =>
    FOREIGN.map((origin): [string, string, boolean, boolean] => [site, origin, false, false]),
  ),
];

describe('S59 X16 where a change comes from', () => {
  test.each(TABLE)('Sec-Fetch-Site "%s" and Origin "%s"', (site, origin, form, other) => {
    expect([judged(site, origin, true), judged(site, origin, false)]).toEqual([form, other]);
  });
});

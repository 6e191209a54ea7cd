import { describe, expect, test } from '@jest/globals';
import { instant } from '../../src/doors/cli/policy-input.ts';

/** 2026-01-15T12:00:00Z. */
const NOW = 1_768_478_400;
const NO_TIME = 'takes a time with its offset, such as 2030-01-31T06:00:00Z';
const PAST = 'takes a time to come, such as 2026-01-16T12:00:00Z or +3d';

describe.each(['--at', '--deadline'])('a time for %s', (option) => {
  test.each<[string, number]>([
    ['2026-01-15T12:00:01Z', NOW + 1],
    ['2026-01-15t12:00:01z', NOW + 1],
    ['2026-01-15T13:00:01+01:00', NOW + 1],
    ['2026-01-15T06:30:01-05:30', NOW + 1],
    ['2026-01-15T12:00:01-00:00', NOW + 1],
    ['2026-01-15T12:00:01.999Z', NOW + 1],
    ['2028-02-29T00:00:00Z', 1_835_395_200],
    ['9999-12-31T23:59:59Z', 253_402_300_799],
    ['+12h', NOW + 43_200],
    ['+3d', NOW + 259_200],
  ])('PWD-16 %s is taken', (text, at) => {
    expect(instant(NOW, option, text)).toBe(at);
  });

  test.each([
    '',
    'tomorrow',
    '2030',
    '2030-01-31',
    '2030-01-31T06:00:00',
    '2030-01-31T06:00Z',
    '2030-01-31 06:00:00Z',
    ' 2030-01-31T06:00:00Z',
    '2030-01-31T06:00:00Z\n',
    '2030-01-31T06:00:00+0100',
    '2030-01-31T06:00:00+24:00',
    '2030-01-31T06:00:00+01:60',
    '2030-01-31T06:00:00.Z',
    '2030-01-31T24:00:00Z',
    '2030-01-31T06:60:00Z',
    '2030-01-31T06:00:61Z',
    '2030-02-29T06:00:00Z',
    '2026-02-30T06:00:00Z',
    '2100-02-29T06:00:00Z',
    '2030-04-31T06:00:00Z',
    '2030-00-10T06:00:00Z',
    '2030-13-10T06:00:00Z',
    '2030-01-00T06:00:00Z',
    '２０３０-01-31T06:00:00Z',
    'Thu, 31 Jan 2030 06:00:00 GMT',
    '1900000000',
    '9999-12-31T23:59:59-01:00',
    '+12',
    '+1.5h',
    '-3d',
    '+9999999d',
    `+${'9'.repeat(400)}h`,
  ])('SEC-3 %j is refused in one line that shows an example', (text) => {
    expect(() => instant(NOW, option, text)).toThrow(`${option} ${NO_TIME}`);
  });

  test.each(['2026-01-15T12:00:00Z', '2026-01-15T12:59:59+01:00', '0000-01-01T00:00:00Z', '+0h', '+0d'])(
    'SEC-3 %s is past and refused in one line that shows an example',
    (text) => {
      expect(() => instant(NOW, option, text)).toThrow(`${option} ${PAST}`);
    },
  );

  test('PWD-16 no time is given', () => {
    expect(instant(NOW, option, undefined)).toBeUndefined();
  });
});

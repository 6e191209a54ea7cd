import { describe, expect, test } from '@jest/globals';
import { isTimeZone, longDate, longTime } from '../../src/foundation/base/index.ts';

const AT = Date.parse('2026-11-25T23:05:00Z') / 1_000;
const SUMMER = Date.parse('2026-07-01T12:00:00Z') / 1_000;

describe('times that people read', () => {
  test.each([
    [AT, 'UTC', 'Wednesday 25 November 2026 at 23:05 (UTC)', '25 November 2026'],
    [AT, 'Europe/Berlin', 'Thursday 26 November 2026 at 00:05 (Europe/Berlin)', '26 November 2026'],
    [
      AT,
      'America/Los_Angeles',
      'Wednesday 25 November 2026 at 15:05 (America/Los_Angeles)',
      '25 November 2026',
    ],
    [AT, 'Asia/Kolkata', 'Thursday 26 November 2026 at 04:35 (Asia/Kolkata)', '26 November 2026'],
    [SUMMER, 'Europe/Berlin', 'Wednesday 1 July 2026 at 14:00 (Europe/Berlin)', '1 July 2026'],
  ])('SGN-8 %d in %s is %s', (at, zone, time, day) => {
    expect(longTime(at, zone).replace(',', '')).toBe(time);
    expect(longDate(at, zone)).toBe(day);
  });

  test.each(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires'])(
    'SGN-8 %s is a time zone',
    (name) => expect(isTimeZone(name)).toBe(true),
  );

  test.each(['', '+01:00', '-05:00', 'Europe/Atlantis', 'Berlin', 'Europe/Berlin ', '<b>', 'UTC\n', 'UTC+1'])(
    'SGN-8 %j is no time zone',
    (name) => expect(isTimeZone(name)).toBe(false),
  );
});

import { LANGUAGE } from './language.ts';

/** How many formats are kept: one a time zone and form. */
const MOST_KEPT = 200;
const kept = new Map<string, Intl.DateTimeFormat>();

function inWords(at: number, timeZone: string, dateStyle: 'long' | 'full', timeStyle?: 'short'): string {
  const name = `${dateStyle} ${timeZone}`;
  const format =
    kept.get(name) ??
    new Intl.DateTimeFormat(LANGUAGE, { dateStyle, timeZone, ...(timeStyle ? { timeStyle } : {}) });
  if (kept.size < MOST_KEPT) kept.set(name, format);
  return format.format(at * 1_000);
}

/** Whether it names a time zone as IANA does. An offset such as +01:00 knows no summer time, and is refused. */
export function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat(LANGUAGE, { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** The day of an instant for people to read: 2 December 2026. */
export function longDate(at: number, timeZone: string): string {
  return inWords(at, timeZone, 'long');
}

/** The minute of an instant for people to read: Wednesday 2 December 2026 at 14:05 (Europe/Berlin). */
export function longTime(at: number, timeZone: string): string {
  return `${inWords(at, timeZone, 'full', 'short')} (${timeZone})`;
}

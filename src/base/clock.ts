/** The time, handed to whoever decides by it. Instants are whole epoch seconds. */
export interface Clock {
  /** Now, in epoch seconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };

/** Reads an instant in the form of RFC 3339. @returns undefined for what is none */
export function readInstant(text: string): number | undefined {
  const at = Math.floor(Date.parse(text) / 1_000);
  return Number.isFinite(at) ? at : undefined;
}

const DAY_OF_MONTH = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

/** The day of an instant for people to read, in UTC: 2 December 2026. */
export function longDate(at: number): string {
  return DAY_OF_MONTH.format(at * 1_000);
}

const MINUTE_OF_DAY = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
});

/** The minute of an instant for people to read, in UTC: 2 December 2026 at 14:05 UTC. */
export function longTime(at: number): string {
  return `${MINUTE_OF_DAY.format(at * 1_000)} UTC`;
}

/** An instant as RFC 3339 has it, in UTC. */
export function rfc3339(at: number): string {
  return new Date(at * 1_000).toISOString().replace('.000', '');
}

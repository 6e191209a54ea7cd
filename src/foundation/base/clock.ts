/** The time, handed to the code that decides by it. Instants are whole epoch seconds. */
export interface Clock {
  /** Now, in epoch seconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d+)?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/** Reads an instant as RFC 3339 writes it, with its offset. @returns undefined for what is none, such as a day that does not exist */
export function readInstant(text: string): number | undefined {
  const found = INSTANT.exec(text);
  if (!found) return undefined;
  const part = (i: number) => Number(found[i] ?? 0);
  const day = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for those of the last century.
  day.setUTCFullYear(part(1), part(2) - 1, part(3));
  if (day.getUTCMonth() !== part(2) - 1 || day.getUTCDate() !== part(3)) return undefined;
  const offset = (found[7] === '-' ? -1 : 1) * (part(8) * 3_600 + part(9) * 60);
  return day.getTime() / 1_000 + part(4) * 3_600 + part(5) * 60 + part(6) - offset;
}

/** An instant as RFC 3339 has it, in UTC. */
export function rfc3339(at: number): string {
  return new Date(at * 1_000).toISOString().replace('.000', '');
}

/** The day of an instant in UTC, as `2026-01-31`. */
export function dayOf(at: number): string {
  return rfc3339(at).slice(0, 'yyyy-mm-dd'.length);
}

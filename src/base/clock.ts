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

/** An instant as RFC 3339 has it, in UTC. */
export function rfc3339(at: number): string {
  return new Date(at * 1_000).toISOString().replace('.000', '');
}

/** The time, handed to whoever decides by it. Instants are whole epoch seconds. */
export interface Clock {
  /** Now, in epoch seconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };

/** An instant as RFC 3339 has it, in UTC. */
export function rfc3339(at: number): string {
  return new Date(at * 1_000).toISOString().replace('.000', '');
}

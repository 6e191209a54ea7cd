/** The time, handed to whoever decides by it. Instants are whole epoch seconds. */
export interface Clock {
  /** Now, in epoch seconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };

import type { Ephemeral } from '../../src/foundation/stores/index.ts';

/** Each race is run so often. */
export const ROUNDS = 50;
export const LONG_ROUNDS = process.env.SALLYPORT_TEST_LONG ? 500 : ROUNDS;

export const NOW = 1_800_000_000;
export const LATER = NOW + 3_600;
export const record = (value = '{}', expiresAt = LATER) => ({ value, expiresAt });

/** Twenty calls at once, from four processes, in every round. */
export const TWENTY = { processes: 4, perProcess: 5, rounds: ROUNDS, now: NOW };

/** One adapter under test: opens the same store from as many places as asked. */
export interface EphemeralUnderTest {
  open(): Promise<Ephemeral>;
  /** What a racing process needs to open it: see test/support/racer.ts. */
  address: string;
  destroy(): Promise<void>;
}

/** What each test finds: one store, opened twice. */
export interface OpenedEphemeral {
  address: string;
  store: Ephemeral;
  other: Ephemeral;
}

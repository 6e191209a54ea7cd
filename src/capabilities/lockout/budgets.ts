import { type Clock, isInNetworks, networkOf } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import type { Policy } from '../tenants/index.ts';
import { createWaitingLine } from './waiting-line.ts';

export interface Budgets {
  /**
   * Takes one of `size` that a window of `seconds` has. Windows follow one another, so that a budget delays and never locks.
   * @returns whether there was one left
   */
  take(name: string, size: number, seconds: number): Promise<boolean>;
  /** One try of a network at a tenant's passwords, where the tenant limits them (LCK-7, S23); only failures are counted. */
  takeTry(tenantId: string, address: string, policy: Policy): Promise<NetworkTry>;
}

export type NetworkTry =
  | { granted: true; settle(outcome: 'failure' | 'not-verified'): Promise<void> }
  /** Epoch seconds from which the network is let in again. */
  | { granted: false; until: number; now: number };

const TRY_WINDOW_SECONDS = 600;
const FREE: NetworkTry = { granted: true, settle: async () => {} };

export function createBudgets({
  ephemeral,
  clock,
  patienceSeconds,
}: {
  ephemeral: Ephemeral;
  clock: Clock;
  patienceSeconds: number;
}): Budgets {
  const line = createWaitingLine(patienceSeconds);

  /** Counted before the work, and given back after it: the other order would let many at once through (S18). */
  const open = async (name: string, size: number, seconds: number) => {
    const window = Math.floor(clock.now() / seconds);
    const until = (window + 1) * seconds;
    const key = `budget:${name}:${window}`;
    const taken = await line.patiently(key, () =>
      ephemeral.reserve(key, { limit: size }, clock.now(), until),
    );
    return { lease: taken.outcome === 'granted' ? taken.lease : undefined, until };
  };

  return {
    async take(name, size, seconds) {
      const { lease } = await open(name, size, seconds);
      if (lease) await ephemeral.settle(lease, 'failure', clock.now());
      return lease !== undefined;
    },
    async takeTry(tenantId, address, policy) {
      const { networkTries, siteNetworks, siteTries } = policy.lockout;
      const network = networkOf(address);
      if (networkTries === null || network === undefined) return FREE;
      const size = isInNetworks(address, siteNetworks) ? siteTries : networkTries;
      const { lease, until } = await open(`network:${tenantId}:${network}`, size, TRY_WINDOW_SECONDS);
      if (!lease) return { granted: false, until, now: clock.now() };
      return {
        granted: true,
        settle: async (outcome) => {
          await ephemeral.settle(lease, outcome, clock.now());
        },
      };
    },
  };
}

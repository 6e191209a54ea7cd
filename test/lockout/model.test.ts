import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { BrowserClass } from '../../src/capabilities/lockout/index.ts';
import type { Policy, Tenant } from '../../src/capabilities/tenants/index.ts';
import { type StartedApp, startApp } from '../support/app.ts';
import { policyWith } from '../support/policies.ts';
import { holdTime, nowSeconds } from '../support/time.ts';

type Lockout = StartedApp['core']['lockout'];
type Granted = Extract<Awaited<ReturnType<Lockout['reserve']>>, { granted: true }>;

let server: StartedApp;
let tenants: Record<'plain' | 'split', Tenant>;
beforeAll(async () => {
  server = await startApp();
  const lockout = (more: Partial<Policy['lockout']>) => policyWith({ lockout: { user: 3, ...more } });
  tenants = {
    plain: await server.tenant('livevox', lockout({})),
    split: await server.tenant('livevox', lockout({ splitBudgets: true })),
  };
});
afterAll(() => server.close());

const LIMIT = 3;
const LEASE_SECONDS = 30;

/** One budget as a person would count it on paper. */
interface Budget {
  failures: number;
  /** When each try that is still being checked began. */
  open: Map<object, number>;
}

const emptyBudget = (): Budget => ({ failures: 0, open: new Map() });

/** What must hold of an account: budgets by browser, and who is locked out. */
class Paper {
  known = emptyBudget();
  strangers = emptyBudget();
  isLocked = false;
  isDoorClosed = false;
  private readonly isSplit: boolean;

  constructor(isSplit: boolean) {
    this.isSplit = isSplit;
  }

  budget(browser: BrowserClass): Budget {
    return this.isSplit && browser === 'stranger' ? this.strangers : this.known;
  }

  isShut(browser: BrowserClass): boolean {
    return this.isLocked || (this.isDoorClosed && this.budget(browser) === this.strangers);
  }

  /** Tries that were not finished count as failures, the next time that one asks. */
  age(browser: BrowserClass, now: number): void {
    const budget = this.budget(browser);
    for (const [reservation, since] of budget.open)
      if (now - since >= LEASE_SECONDS) {
        budget.open.delete(reservation);
        budget.failures += 1;
      }
  }

  lock(browser: BrowserClass): void {
    if (this.budget(browser) === this.strangers) this.isDoorClosed = true;
    else this.isLocked = true;
  }

  unlock(): void {
    this.known = emptyBudget();
    this.strangers = emptyBudget();
    this.isLocked = false;
    this.isDoorClosed = false;
  }
}

type Move =
  | { kind: 'try'; browser: BrowserClass }
  | { kind: 'settle'; which: number; outcome: 'success' | 'failure' | 'not-verified' }
  | { kind: 'unlock' }
  | { kind: 'time'; seconds: number };

const browser = fc.constantFrom<BrowserClass>('known', 'stranger');
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('try' as const), browser }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      which: fc.nat(6),
      outcome: fc.constantFrom('success' as const, 'failure' as const, 'not-verified' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'unlock' }) },
  // A crash is a try that is not settled before its lease is over.
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('time' as const), seconds: fc.integer({ min: 1, max: 40 }) }),
  },
);

interface Held {
  reservation: Granted;
  browser: BrowserClass;
  budget: Budget;
}

/** Plays the moves against the product and on paper. A try that would only wait for a slot is not made: it takes 5 s to say so. */
async function play(
  account: Account,
  policy: Policy,
  isSplit: boolean,
  moves: Move[],
  time: ReturnType<typeof holdTime>,
) {
  const { lockout } = server.core;
  const paper = new Paper(isSplit);
  const held: Held[] = [];
  const now = () => nowSeconds();
  const make = async (who: BrowserClass) => {
    paper.age(who, now());
    const budget = paper.budget(who);
    const isFull = budget.failures >= LIMIT;
    if (!paper.isShut(who) && !isFull && budget.failures + budget.open.size >= LIMIT) return;
    const reservation = await lockout.reserve(
      { account: await server.reread(account), browser: who },
      'password',
      policy,
    );
    expect(reservation.granted).toBe(!paper.isShut(who) && !isFull);
    // A full counter refuses by itself, and writes the lock that a crash lost.
    if (isFull) paper.lock(who);
    if (!reservation.granted) return;
    budget.open.set(reservation, now());
    held.push({ reservation, browser: who, budget });
  };
  const settle = async (
    { reservation, browser: who, budget }: Held,
    outcome: 'success' | 'failure' | 'not-verified',
  ) => {
    const wasOpen = budget.open.delete(reservation);
    const settled = await reservation.settle(outcome);
    expect(settled.isLate).toBe(!wasOpen);
    const isCurrent = paper.budget(who) === budget;
    if (wasOpen && outcome === 'failure') budget.failures += 1;
    if (wasOpen && outcome === 'success') budget.failures = 0;
    const isFull = budget.failures >= LIMIT && (!wasOpen || outcome !== 'success');
    if (isCurrent && isFull && !paper.isLocked) paper.lock(who);
  };
  for (const step of moves) {
    if (step.kind === 'try') await make(step.browser);
    else if (step.kind === 'settle') {
      const [one] = held.splice(step.which % Math.max(1, held.length), 1);
      if (one) await settle(one, step.outcome);
    } else if (step.kind === 'time') time.move(step.seconds);
    else {
      await lockout.unlock(account.id);
      paper.unlock();
    }
    const { lock, strangersLock } = await server.reread(account);
    expect({ isLocked: lock !== null, isDoorClosed: strangersLock !== null }).toEqual({
      isLocked: paper.isLocked,
      isDoorClosed: paper.isDoorClosed,
    });
    expect(paper.known.failures).toBeLessThanOrEqual(LIMIT);
  }
}

test.each(['plain', 'split'] as const)(
  'R4 LCK-6 random tries, settlements, unlocks and crashes agree with the same on paper (%s budgets)',
  async (kind) => {
    const time = holdTime();
    try {
      const tenant = tenants[kind];
      await fc.assert(
        fc.asyncProperty(fc.array(move, { maxLength: 40 }), async (moves) => {
          const account = await server.account(tenant);
          await play(account, tenant.policy, kind === 'split', moves, time);
        }),
        { numRuns: 60 },
      );
    } finally {
      time.release();
    }
  },
  120_000,
);

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Ephemeral, Lease } from '../../src/foundation/stores/index.ts';
import { isIn, startApp } from '../support/app.ts';
import { freshFolder } from '../support/folder.ts';
import { policyWith } from '../support/policies.ts';
import { openEphemeralAt } from '../support/stores.ts';
import { story } from '../support/story.ts';
import { holdTime, nowSeconds } from '../support/time.ts';

const NOW = 1_800_000_000;

let folder: ReturnType<typeof freshFolder>;
let store: Ephemeral;
beforeEach(async () => {
  folder = freshFolder();
  store = await openEphemeralAt(`sqlite:${folder.path}`, NOW);
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

/** The promise in its plainest form: failures in a row, and tries in flight. */
class Model {
  failures = 0;
  readonly open = new Map<Lease, number>();
  age(now: number) {
    for (const [lease, at] of this.open) {
      if (now - at < 30) continue;
      this.open.delete(lease);
      this.failures += 1;
    }
  }
}

type Move =
  | { kind: 'reserve' }
  | { kind: 'settle'; which: number; outcome: 'success' | 'failure' | 'not-verified' }
  | { kind: 'wait'; seconds: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.constant<Move>({ kind: 'reserve' }),
  fc.record({
    kind: fc.constant('settle' as const),
    which: fc.nat(8),
    outcome: fc.constantFrom('success' as const, 'failure' as const, 'not-verified' as const),
  }),
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 40 }) }),
);

test('R4 P15 random reserving, settling, abandoning and waiting agrees with a model', async () => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.array(move, { maxLength: 60 }),
      async (limit, moves) => {
        round += 1;
        const key = `model-${round}`;
        const model = new Model();
        let now = NOW;
        const leases: Lease[] = [];
        for (const step of moves) {
          if (step.kind === 'wait') {
            now += step.seconds;
          } else if (step.kind === 'reserve') {
            model.age(now);
            const answer = await store.reserve(key, { limit }, now, now + 86_400);
            const expected =
              model.failures >= limit
                ? 'full'
                : model.failures + model.open.size >= limit
                  ? 'busy'
                  : 'granted';
            expect(answer.outcome).toBe(expected);
            if (answer.outcome === 'granted') {
              model.open.set(answer.lease, now);
              leases.push(answer.lease);
            }
          } else {
            const lease = leases[step.which % Math.max(1, leases.length)];
            if (!lease) continue;
            const isOpen = model.open.delete(lease);
            const answer = await store.settle(lease, step.outcome, now);
            if (!isOpen) {
              expect(answer).toBe('dead');
              continue;
            }
            if (step.outcome === 'failure') model.failures += 1;
            if (step.outcome === 'success') model.failures = 0;
            expect(answer).toEqual({ failures: model.failures });
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('P15 P11 a right answer after its lease was counted as abandoned is late: it clears nothing, and the lock is written', async () => {
  const server = await startApp();
  const time = holdTime();
  try {
    const tenant = await server.tenant('livevox', policyWith({ lockout: { user: 1 } }));
    const account = await server.account(tenant);
    const reservation = await server.core.lockout.reserve(
      { account, browser: 'known' },
      'password',
      tenant.policy,
    );
    if (!reservation.granted) throw new Error('not granted');
    time.move(31);
    const key = `account:${account.id}:0:password`;
    expect(await server.core.ephemeral.count(key, undefined, nowSeconds())).toEqual({
      failures: 1,
      until: 0,
    });
    expect(await reservation.settle('success')).toEqual({
      failures: 1,
      limit: 1,
      locked: true,
      isLate: true,
    });
    expect((await server.reread(account)).lock?.cause).toBe('password');
  } finally {
    time.release();
    await server.close();
  }
});

test('P15 a sign-in whose check took longer than its lease is refused, though the password was right', async () => {
  const server = await startApp();
  const time = holdTime();
  try {
    const tale = await story(server);
    await tale.begin();
    const { passwords, ephemeral } = server.core;
    const { verify } = passwords;
    passwords.verify = async (...args) => {
      const verdict = await verify(...args);
      time.move(31);
      await ephemeral.count(`account:${tale.account.id}:0:password`, undefined, nowSeconds());
      return verdict;
    };
    expect((await tale.typePassword()).step).toBe('password');
    passwords.verify = verify;
    const [entry] = await server.core.audit.ofAccount(tale.account.id, 5);
    expect(entry).toMatchObject({ outcome: 'failure', reason: 'late' });
    expect(isIn(await tale.typePassword())).toBe(true);
  } finally {
    time.release();
    await server.close();
  }
});

import { expect } from '@jest/globals';
import { RelyingApplication } from './application.ts';
import { Browser } from './browser.ts';
import { eventually } from './eventually.ts';
import type { Instances } from './instances.ts';
import { isIn, PASSWORD } from './site.ts';
import type { Traffic } from './traffic.ts';

const LIMIT = 5;
/** So many deadlines of a store one request may meet, one after another, and so long a busy machine takes for the rest. */
const DEADLINES = 6;
const WORK_MS = 60_000;

async function auditOf(instances: Instances) {
  const entries = [];
  let after: string | undefined;
  do {
    const page = await instances.core.audit.page(after, 500);
    entries.push(...page.items);
    after = page.next;
  } while (after);
  return entries;
}

/** I6: service is back by itself, soon after the fault's end. */
export async function expectBack(instances: Instances, ports: readonly number[]): Promise<void> {
  for (const n of ports.keys())
    await eventually(
      () => instances.readiness(n),
      (status) => status === 200,
    );
}

/**
 * What must hold after every fault (I1 to I4, I7, I8; I5 and I6 are asked while it lasts, I9 where there is something to count).
 * @param mayForget the ephemeral store was lost as a whole: people sign in again, and nothing worse
 */
export async function expectInvariants(
  instances: Instances,
  { ledger, tenant, victims, relying }: Traffic,
  { mayForget = false, mayCut = false } = {},
): Promise<void> {
  const { core, issuer } = instances;
  // I7: every request was answered in time, with nothing of the inside.
  expect(ledger.strange).toEqual([]);
  const deadline = Number(instances.environment.SALLYPORT_STORE_DEADLINE_SECONDS) * 1_000;
  expect(ledger.slowestMs).toBeLessThan(DEADLINES * deadline + WORK_MS);
  if (!mayCut) expect(ledger.cut).toBe(0);
  // I1: what was spent stays spent.
  for (const spent of ledger.spent.slice(-5))
    await expect(relying.refresh({ refresh_token: spent } as never)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  // I3: between two resets no more wrong guesses were verified than the limit allows. No account is unlocked here.
  const entries = await auditOf(instances);
  for (const victim of victims) {
    const guesses = entries.filter(
      (e) => e.accountId === victim.id && e.type === 'sign-in.password' && e.outcome === 'failure',
    );
    expect(guesses.length).toBeLessThanOrEqual(mayForget ? 2 * LIMIT : LIMIT);
  }
  // I2: who was told to be locked is locked, in the documents, whatever was lost.
  for (const id of ledger.locked) expect((await core.accounts.byId(id))?.doc.lock).not.toBeNull();
  // I4: what was acknowledged is there, once, and in order (I8).
  const finished = entries.filter(
    ({ type, outcome }) => type === 'sign-in.complete' && outcome === 'success',
  );
  expect(finished.length).toBeGreaterThanOrEqual(ledger.signIns);
  const ids = entries.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual([...ids].sort());
  // Life goes on: a person signs in, and the tokens work.
  const account = await instances.account(tenant);
  const { id, secret } = await instances.application();
  const desk = await RelyingApplication.discover(issuer, id, secret);
  const browser = new Browser(issuer);
  await browser.open(await desk.request());
  const landed = await browser.submit(
    { clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD },
    '/password',
  );
  expect(isIn(landed)).toBe(true);
  const tokens = await desk.exchange(landed.url);
  expect((await desk.userinfo(await desk.refresh(tokens))).sub).toBe(account.id);
}

import { describe, expect, test } from '@jest/globals';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { type Actor, operations } from '../../src/use-cases/administration/index.ts';
import { administer, administratorOf, attempt, OPERATOR, refusalOf } from '../support/administration.ts';
import { isIn, PASSWORD } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { policyWith } from '../support/policies.ts';
import { story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const DAY = 86_400;

const server = serverForAll();
const time = clockForEach();

const now = () => nowSeconds();
const change = (
  tenant: Tenant,
  values: Record<string, unknown>,
  more: { actor?: Actor; expectedRevision?: number; rollout?: object } = {},
) =>
  attempt(
    server,
    operations.policy.set,
    tenant,
    { values, reason: 'a test', revision: more.expectedRevision ?? tenant.revision.n, ...more.rollout },
    more.actor ?? OPERATOR,
  );
const STATE = (state: 'changed' | 'unchanged' | 'scheduled') => ({ output: { state } });
const REFUSED = (code: string, values: object = {}) => ({ refused: { code, values } });
const reread = async ({ id }: Tenant): Promise<Tenant> => {
  const found = await server.core.tenants.byId(id);
  if (!found) throw new Error('gone');
  return found;
};

describe('TEN-3 versions', () => {
  test('each change keeps who, when, before and after, and is in the audit', async () => {
    const tenant = await server.tenant('livevox');
    await change(
      tenant,
      { 'lockout.user': 3, 'password.expireAfterDays': 'off' },
      { actor: administratorOf(tenant) },
    );
    const second = await reread(tenant);
    await change(second, { 'lockout.user': 4 });
    const history = await server.core.tenants.history(tenant.id);
    expect(history.map(({ n, by, at, policy }) => [n, by, at, policy.lockout.user])).toEqual([
      [1, 'system', now(), 5],
      [2, 'an-administrator', now(), 3],
      [3, 'command-line', now(), 4],
    ]);
    const entries = (await server.core.audit.page(undefined, 500)).items.filter(
      (e) => e.tenantId === tenant.id && e.type === 'policy.changed',
    );
    expect(entries.map(({ actor, reason, detail }) => ({ actor, reason, detail }))).toEqual([
      {
        actor: 'an-administrator',
        reason: 'a test',
        detail: { revision: 2, 'lockout.user': '5 -> 3', 'password.expireAfterDays': '90 -> "off"' },
      },
      { actor: 'command-line', reason: 'a test', detail: { revision: 3, 'lockout.user': '3 -> 4' } },
    ]);
  });

  test('two that save at once: one stands, the other is told of the conflict, in every one of 10 rounds by 20', async () => {
    const tenant = await server.tenant('livevox');
    for (let round = 0; round < 10; round++) {
      const current = await reread(tenant);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          change(current, { 'lockout.contactLine': `desk ${round}.${i}` }),
        ),
      );
      expect(outcomes.filter((o) => 'output' in o)).toHaveLength(1);
      expect(outcomes.filter((o) => 'refused' in o && o.refused.code === 'policy_conflict')).toHaveLength(19);
      const winner = outcomes.findIndex((o) => 'output' in o);
      expect((await reread(tenant)).policy.lockout.contactLine).toBe(`desk ${round}.${winner}`);
    }
    expect((await server.core.tenants.history(tenant.id)).map(({ n }) => n)).toEqual(
      Array.from({ length: 11 }, (_, i) => i + 1),
    );
  });

  test('who looked at an older revision is told of the conflict, and what stands is not changed', async () => {
    const tenant = await server.tenant('livevox');
    await change(tenant, { 'lockout.user': 3 });
    expect(await change(tenant, { 'lockout.user': 9 }, { expectedRevision: 1 })).toMatchObject(
      REFUSED('policy_conflict', { revision: 2 }),
    );
    expect((await reread(tenant)).policy.lockout.user).toBe(3);
  });

  test('a roll-back is a new revision with the former values, and history keeps both', async () => {
    const tenant = await server.tenant('livevox');
    await change(tenant, { 'lockout.user': 2, 'password.historyCount': 12 });
    const back = await administer(server, operations.policy.rollback, tenant, { to: 1 });
    expect(back).toMatchObject({ state: 'changed', revision: 3 });
    expect((await reread(tenant)).policy).toEqual(tenant.policy);
    const history = await server.core.tenants.history(tenant.id);
    expect(history.map(({ policy }) => policy.lockout.user)).toEqual([5, 2, 5]);
    const nowhere = await refusalOf(server, operations.policy.rollback, tenant, { to: 9 });
    expect(nowhere).toEqual({ code: 'policy_revision_unknown', values: { revision: 9 } });
  });

  test('a crash after the revision was saved, and before it was copied to the history, loses none', async () => {
    const tenant = await server.tenant('livevox');
    await change(tenant, { 'lockout.user': 2 });
    const revisions = server.core.documents.collection<{ id: string; tenantId: string; n: number }>({
      name: 'policyRevisions',
      indexes: { tenant: { fields: ['tenantId', 'n'] } },
    });
    // As a process leaves it that dies between the two writes: the newest revision stands in the tenant alone.
    await revisions.remove(`${tenant.id}/2`);
    expect((await server.core.tenants.history(tenant.id)).map(({ n }) => n)).toEqual([1, 2]);
    await change(await reread(tenant), { 'lockout.user': 3 });
    expect((await server.core.tenants.history(tenant.id)).map(({ n }) => n)).toEqual([1, 2, 3]);
  });
});

describe('TEN-4 values', () => {
  test('all mistakes at once, by path, and nothing is changed', async () => {
    const tenant = await server.tenant('livevox');
    const outcome = await change(tenant, { 'lockout.user': 10, 'password.historyCount': 26, 'x.y': 1 });
    const mistakes = ['lockout.user', 'password.historyCount', 'x'].map((path) =>
      expect.objectContaining({ path }),
    );
    expect(outcome).toEqual(REFUSED('policy_mistakes', { mistakes: expect.arrayContaining(mistakes) }));
    expect(outcome).toMatchObject({ refused: { values: { mistakes: { length: 3 } } } });
    expect((await reread(tenant)).revision.n).toBe(1);
  });

  test('a value that is marked operator-only is refused to an administrator by name, and so are the marks', async () => {
    const tenant = await server.tenant('livevox');
    const tried = { 'secondFactor.mode': 'required', operatorOnly: [], 'lockout.user': 3 };
    expect(await change(tenant, tried, { actor: administratorOf(tenant) })).toEqual(
      REFUSED('policy_operator_only', { paths: ['secondFactor.mode', 'operatorOnly'] }),
    );
    expect((await reread(tenant)).revision.n).toBe(1);
    // The same value again is no change of it.
    const harmless = { 'secondFactor.mode': 'enrolment', 'lockout.user': 3 };
    expect(await change(tenant, harmless, { actor: administratorOf(tenant) })).toMatchObject(
      STATE('changed'),
    );
    expect(await change(await reread(tenant), tried)).toMatchObject(STATE('changed'));
  });

  test('what is the same already makes no revision', async () => {
    const tenant = await server.tenant('livevox');
    expect(await change(tenant, { 'lockout.user': 5 })).toMatchObject(STATE('unchanged'));
    expect((await reread(tenant)).revision.n).toBe(1);
  });
});

describe('PWD-16 at a set time', () => {
  test('it comes into force then, on the policy as it is then, once, and is a revision of whoever set it', async () => {
    const tenant = await server.tenant('livevox');
    const at = now() + 3 * DAY;
    const set = await change(
      tenant,
      { 'lockout.agent': 2 },
      { actor: administratorOf(tenant), rollout: { at } },
    );
    expect(set).toMatchObject({ output: { state: 'scheduled', scheduledAt: at } });
    const { scheduled } = await reread(tenant);
    expect(scheduled).toMatchObject({ at, by: 'an-administrator' });
    expect((await reread(tenant)).policy.lockout.agent).toBe(5);
    await change(await reread(tenant), { 'lockout.user': 3 });
    time.move(3 * DAY - 1);
    expect(await server.core.tenants.applyScheduled(tenant.id, scheduled?.id ?? '')).toBe(undefined);
    time.move(1);
    const applied = await eventually(
      () => reread(tenant),
      ({ revision }) => revision.n === 3,
    );
    expect(applied).toMatchObject({
      policy: { lockout: { agent: 2, user: 3 } },
      revision: { by: 'an-administrator', at },
      scheduled: null,
    });
  });

  test('one that is taken back never comes; a second one is refused while the first is there', async () => {
    const tenant = await server.tenant('livevox');
    const rollout = { at: now() + DAY };
    await change(tenant, { 'lockout.agent': 2 }, { rollout });
    expect(await change(await reread(tenant), { 'lockout.agent': 3 }, { rollout })).toEqual(
      REFUSED('policy_change_scheduled'),
    );
    const cancel = () => administer(server, operations.policy.cancelScheduled, tenant, {});
    expect(await cancel()).toEqual({ cancelled: true });
    expect(await cancel()).toEqual({ cancelled: false });
    time.move(2 * DAY);
    // Another change that was set later is applied: by then the first one would have been.
    const other = await server.tenant('livevox');
    await change(other, { 'lockout.agent': 2 }, { rollout: { at: now() + 60 } });
    time.move(60);
    await eventually(
      () => reread(other),
      ({ revision }) => revision.n === 2,
    );
    expect(await reread(tenant)).toMatchObject({ revision: { n: 1 }, policy: { lockout: { agent: 5 } } });
  });

  test('a crash while it is set leaves no change that would never come', async () => {
    const tenant = await server.tenant('livevox');
    const { jobs } = server.core;
    const { enqueue } = jobs;
    jobs.enqueue = async () => {
      throw new Error('killed');
    };
    try {
      await expect(
        change(tenant, { 'lockout.agent': 2 }, { rollout: { at: now() + DAY } }),
      ).rejects.toThrow();
    } finally {
      jobs.enqueue = enqueue;
    }
    expect((await reread(tenant)).scheduled).toBeNull();
  });

  test('what identifies people changes at once or not at all', async () => {
    const tenant = await server.tenant('livevox');
    const rollout = { at: now() + DAY };
    expect(await change(tenant, { 'signIn.identifiedBy': 'either' }, { rollout })).toEqual(
      REFUSED('policy_changes_at_once', { path: 'signIn.identifiedBy' }),
    );
  });

  test('a mistake is told when it is set, not when it is due', async () => {
    const tenant = await server.tenant('livevox');
    const outcome = await change(tenant, { 'lockout.agent': 12 }, { rollout: { at: now() + DAY } });
    expect(outcome).toMatchObject(REFUSED('policy_mistakes'));
    expect((await reread(tenant)).scheduled).toBeNull();
  });
});

describe('PWD-16 preview and end of sessions', () => {
  test('the preview counts who is signed in and where, and changes nothing', async () => {
    const tenant = await server.tenant('vcc-live');
    const tale = await story(server, { tenant });
    await tale.begin();
    await tale.typePassword();
    const idle = await server.account(tenant, { population: 'agent' });
    await server.core.accounts.update(idle.id, (a) => ({
      ...a,
      password: a.password && { ...a.password, setAt: now() - 100 * DAY },
    }));
    const seen: number[] = [];
    const previewed = await server.core.perform(operations.policy.preview, {
      at: { tenant: tenant.id },
      input: { values: { 'password.expireAfterDays': 90 } },
      actor: OPERATOR,
      progress: (n) => seen.push(n),
    });
    expect('output' in previewed && previewed.output.preview).toEqual({
      accounts: { user: 1, agent: 1 },
      expireNow: 1,
      expireWithin7Days: 0,
      noLongerExpired: 0,
      expiredAndSignedIn: 0,
      mustSetUpFactor: 0,
      signedIn: { user: 1, agent: 0 },
      apiSessionsThatEnd: 0,
      applications: { [tale.application.id]: 1 },
    });
    expect(seen).toEqual([2]);
    expect((await reread(tenant)).revision.n).toBe(1);
  });

  test('PWD-16 SES-4 all sessions of a population end at once, with their tokens and half-done sign-ins; those of the other go on', async () => {
    const tenant = await server.tenant('livevox');
    const user = await story(server, { tenant });
    const agent = await story(server, { tenant, population: 'agent', person: { population: 'agent' } });
    await user.begin();
    const landed = await user.typePassword();
    const tokens = await user.relying.exchange(landed.url);
    await agent.begin();
    const agentTokens = await agent.relying.exchange((await agent.typePassword()).url);
    await administer(server, operations.policy.endSessions, tenant, { population: 'user', reason: 'a test' });
    await expect(user.relying.refresh(tokens)).rejects.toThrow();
    expect(await user.relying.introspect(tokens.access_token)).toEqual({ active: false });
    expect((await user.begin()).step).toBe('password');
    expect(await agent.relying.introspect(agentTokens.access_token)).toMatchObject({ active: true });
    await agent.relying.refresh(agentTokens);
    // Who signs in afterwards has a session like any other.
    const again = await user.relying.exchange((await user.typePassword()).url);
    expect(await user.relying.introspect(again.access_token)).toMatchObject({ active: true });
  });
});

describe('PWD-17 D18 nothing is enforced in the middle of a call', () => {
  const expireEverything = async (tenant: Tenant, rollout: object = {}) => {
    time.move(DAY);
    await change(await reread(tenant), { 'password.expireAfterDays': 1 }, { rollout });
  };

  test('expiry waits for the next fresh sign-in: session, refresh and single sign-on go on', async () => {
    const tenant = await server.tenant(
      'vcc-live',
      policyWith({ session: { idleMinutes: 10_080, absoluteMinutes: 43_200 } }),
    );
    const tale = await story(server, { tenant });
    await tale.begin();
    const tokens = await tale.relying.exchange((await tale.typePassword()).url);
    await expireEverything(tenant);
    const next = await tale.relying.refresh(tokens);
    expect(await tale.relying.introspect(next.access_token)).toMatchObject({ active: true });
    expect(isIn(await tale.begin())).toBe(true);
    await tale.begin({ prompt: 'login' });
    expect((await tale.typePassword()).step).toBe('change-password');
  });

  test('at the deadline that the change set it acts on running sessions too, until the password is changed', async () => {
    const tenant = await server.tenant(
      'vcc-live',
      policyWith({ session: { idleMinutes: 10_080, absoluteMinutes: 43_200 } }),
    );
    const tale = await story(server, { tenant });
    await tale.begin();
    const tokens = await tale.relying.exchange((await tale.typePassword()).url);
    await expireEverything(tenant, { deadline: now() + 2 * DAY });
    time.move(DAY - 1);
    const next = await tale.relying.refresh(tokens);
    time.move(1);
    await expect(tale.relying.refresh(next)).rejects.toThrow();
    await tale.begin();
    expect((await tale.typePassword()).step).toBe('change-password');
    const landed = await tale.browser.submit(
      { currentPassword: PASSWORD, newPassword: 'quite another 7', newPasswordAgain: 'quite another 7' },
      '/change-password',
    );
    const fresh = await tale.relying.exchange(landed.url);
    expect(await tale.relying.introspect(fresh.access_token)).toMatchObject({ active: true });
  });

  test('what comes up after a deadline waits for the next sign-in again', async () => {
    const tenant = await server.tenant(
      'vcc-live',
      policyWith({ session: { idleMinutes: 10_080, absoluteMinutes: 43_200 } }),
    );
    await change(tenant, { 'password.expireAfterDays': 3 }, { rollout: { deadline: now() + DAY } });
    time.move(2 * DAY);
    const tale = await story(server, { tenant: await reread(tenant) });
    await tale.begin();
    await tale.typePassword();
    const tokens = await tale.relying.exchange((await tale.browser.submit({}, '/later')).url);
    time.move(3 * DAY);
    expect((await server.core.standings.reasons(tale.account, await reread(tenant)))[0]).toBe(
      'password-expired',
    );
    const next = await tale.relying.refresh(tokens);
    expect(await tale.relying.introspect(next.access_token)).toMatchObject({ active: true });
  });

  test('a factor that becomes required is asked for at the next sign-in, not in the running session', async () => {
    const tenant = await server.tenant('vcc-live');
    const tale = await story(server, { tenant });
    await tale.begin();
    const tokens = await tale.relying.exchange((await tale.typePassword()).url);
    await change(await reread(tenant), { 'secondFactor.mode': 'required' });
    await tale.relying.refresh(tokens);
    expect(isIn(await tale.begin())).toBe(true);
    await tale.begin({ prompt: 'login' });
    expect((await tale.typePassword()).step).toBe('activate');
  });

  test('PWD-6 a stronger policy binds the next change, and forces nobody by itself', async () => {
    const tenant = await server.tenant('vcc-live');
    const tale = await story(server, { tenant });
    await change(tenant, { 'password.strength': 'very-strong' });
    await tale.begin();
    expect(isIn(await tale.typePassword())).toBe(true);
    const refused = await refusalOf(server, operations.account.setPassword, tale.account, {
      password: 'abcdefg1',
    });
    expect(refused).toEqual({
      code: 'password_refused',
      values: { problems: [{ rule: 'too-short', minimum: 12 }, { rule: 'no-special' }] },
    });
  });
});

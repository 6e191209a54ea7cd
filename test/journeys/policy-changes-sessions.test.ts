import { describe, expect, test } from '@jest/globals';
import { memberOf } from '../../src/capabilities/credential-events/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, OPERATOR, refusalOf } from '../support/administration.ts';
import { isIn, PASSWORD } from '../support/app.ts';
import { policyWith } from '../support/policies.ts';
import { policiesOn } from '../support/policy-changes.ts';
import { story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const DAY = 86_400;

const server = serverForAll();

const time = clockForEach();
const { change, reread } = policiesOn(server);

describe('PWD-16 preview and end of sessions', () => {
  test('the preview counts who is signed in and where, and changes nothing', async () => {
    const tenant = await server.tenant('vcc-live');
    const tale = await story(server, { tenant });
    await tale.begin();
    await tale.typePassword();
    const idle = await server.account(tenant, { population: 'agent' });
    await server.core.accounts.update(idle.id, (a) => ({
      ...a,
      password: a.password && { ...a.password, setAt: nowSeconds() - 100 * DAY },
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
    await expireEverything(tenant, { deadline: nowSeconds() + 2 * DAY });
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
    await change(tenant, { 'password.expireAfterDays': 3 }, { rollout: { deadline: nowSeconds() + DAY } });
    time.move(2 * DAY);
    const tale = await story(server, { tenant: await reread(tenant) });
    await tale.begin();
    await tale.typePassword();
    const tokens = await tale.relying.exchange((await tale.browser.submit({}, '/later')).url);
    time.move(3 * DAY);
    expect((await server.core.standings.reasons(memberOf(tale.account, await reread(tenant))))[0]).toBe(
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

  test('PWD-6 a stronger policy binds the next change, and forces no change by itself', async () => {
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

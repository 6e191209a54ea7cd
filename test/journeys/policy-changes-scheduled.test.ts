import { describe, expect, test } from '@jest/globals';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer, administratorOf } from '../support/administration.ts';
import { eventually } from '../support/eventually.ts';
import { isRefused, policiesOn } from '../support/policy-changes.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const DAY = 86_400;

const server = serverForAll();

const time = clockForEach();
const { change, reread } = policiesOn(server);

describe('PWD-16 at a set time', () => {
  test('it comes into force then, on the policy as it is then, once, and is a revision of the person who set it', async () => {
    const tenant = await server.tenant('livevox');
    const at = nowSeconds() + 3 * DAY;
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

  test('OPS-3 one that an earlier version kept with `off` is shown with null, and comes into force as it was meant', async () => {
    const tenant = await server.tenant('livevox');
    await change(tenant, { 'password.expireAfterDays': null }, { rollout: { at: nowSeconds() + 60 } });
    const stored = server.core.documents.collection<Tenant>({
      name: 'tenants',
      indexes: { code: { fields: ['codeKey'], unique: true } },
    });
    const former = await stored.get(tenant.id);
    const scheduled = former?.doc.scheduled;
    if (!former || !scheduled) throw new Error('nothing is scheduled');
    const values = { 'password.expireAfterDays': 'off' };
    await stored.replace({ ...former.doc, scheduled: { ...scheduled, values } }, former.version);
    await server.core.ephemeral.touchTopic('tenants');
    expect((await reread(tenant)).scheduled?.values).toEqual({ 'password.expireAfterDays': null });
    time.move(60);
    const applied = await eventually(
      () => reread(tenant),
      ({ revision }) => revision.n === 2,
    );
    expect(applied.policy.password.expireAfterDays).toBeNull();
  });

  test('one that is taken back never comes; a second one is refused while the first is there', async () => {
    const tenant = await server.tenant('livevox');
    const rollout = { at: nowSeconds() + DAY };
    await change(tenant, { 'lockout.agent': 2 }, { rollout });
    expect(await change(await reread(tenant), { 'lockout.agent': 3 }, { rollout })).toEqual(
      isRefused('policy_change_scheduled'),
    );
    const cancel = () => administer(server, operations.policy.cancelScheduled, tenant, {});
    expect(await cancel()).toEqual({ cancelled: true });
    expect(await cancel()).toEqual({ cancelled: false });
    time.move(2 * DAY);
    // Another change that was set later is applied: by then the first one would have been.
    const other = await server.tenant('livevox');
    await change(other, { 'lockout.agent': 2 }, { rollout: { at: nowSeconds() + 60 } });
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
        change(tenant, { 'lockout.agent': 2 }, { rollout: { at: nowSeconds() + DAY } }),
      ).rejects.toThrow();
    } finally {
      jobs.enqueue = enqueue;
    }
    expect((await reread(tenant)).scheduled).toBeNull();
  });

  test('what identifies people changes at once or not at all', async () => {
    const tenant = await server.tenant('livevox');
    const rollout = { at: nowSeconds() + DAY };
    expect(await change(tenant, { 'signIn.identifiedBy': 'either' }, { rollout })).toEqual(
      isRefused('policy_changes_at_once', { path: 'signIn.identifiedBy' }),
    );
  });

  test('a mistake is told when it is set, not when it is due', async () => {
    const tenant = await server.tenant('livevox');
    const outcome = await change(tenant, { 'lockout.agent': 12 }, { rollout: { at: nowSeconds() + DAY } });
    expect(outcome).toMatchObject(isRefused('policy_mistakes'));
    expect((await reread(tenant)).scheduled).toBeNull();
  });
});

import { describe, expect, test } from '@jest/globals';
import type { Policy } from '../../src/capabilities/tenants/index.ts';
import { loadPreset } from '../../src/capabilities/tenants/index.ts';
import { rules } from '../../src/use-cases/administration/compliance/rules.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { machine } from '../support/admin-api.ts';
import { administer, administratorOf, refusalOf } from '../support/administration.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();
const { report, except, withdraw } = operations.compliance;
const DAY = 86_400;

type Rule = (typeof rules)[number]['id'];
type Changes = { [Group in keyof Policy]?: Partial<Policy[Group]> };

const base = loadPreset('livevox') as Policy;
const policyOf = ({ password, lockout, secondFactor, session }: Changes): Policy => ({
  ...base,
  password: { ...base.password, ...password },
  lockout: { ...base.lockout, ...lockout },
  secondFactor: { ...base.secondFactor, ...secondFactor },
  session: { ...base.session, ...session },
});
const EVERYONE = {
  mode: 'required' as const,
  populations: ['user' as const, 'agent' as const],
  roles: ['SysAdmin' as const, 'SuperUser' as const, 'Manager' as const, 'Agent' as const],
};
const SOME = { count: 1, isCapped: false };
const NONE = { count: 0, isCapped: false };

describe('AUD-3 each rule is met, or is not', () => {
  test.each<[Rule, Changes, Changes]>([
    ['pci-idle-session', { session: { idleMinutes: 15 } }, { session: { idleMinutes: 16 } }],
    ['pci-first-password', { password: { setByOthers: 'link' } }, { password: { setByOthers: 'permanent' } }],
    [
      'pci-strength',
      { password: { strength: 'medium', minLength: 12 } },
      { password: { strength: 'strong', minLength: 11 } },
    ],
    [
      'pci-strength',
      { password: { strength: 'very-strong', minLength: 8 } },
      { password: { strength: 'length', minLength: 15 } },
    ],
    ['pci-expiry', { password: { expireAfterDays: 90 } }, { password: { expireAfterDays: 91 } }],
    [
      'pci-expiry',
      { password: { expireAfterDays: null }, secondFactor: EVERYONE },
      { password: { expireAfterDays: null } },
    ],
    [
      'pci-factor-of-administrators',
      { secondFactor: { ...EVERYONE, roles: ['SysAdmin', 'SuperUser', 'Manager'] } },
      { secondFactor: { ...EVERYONE, roles: ['SysAdmin'] } },
    ],
    [
      'pci-factor-of-all',
      { secondFactor: EVERYONE },
      { secondFactor: { ...EVERYONE, populations: ['user'] } },
    ],
    ['pci-no-bypass', { secondFactor: { trustDays: 'off' } }, { secondFactor: { trustDays: 14 } }],
    ['nist-length', { password: { minLength: 15 } }, { password: { strength: 'strong', minLength: 14 } }],
    ['nist-length', { secondFactor: EVERYONE }, { password: { strength: 'medium', minLength: 8 } }],
    ['nist-no-composition', { password: { strength: 'length' } }, { password: { strength: 'medium' } }],
    ['nist-no-expiry', { password: { expireAfterDays: null } }, { password: { expireAfterDays: 365 } }],
    [
      'nist-block-list',
      { password: { blockList: true, personalData: true } },
      { password: { blockList: true, personalData: false } },
    ],
    [
      'nist-phishing-resistance',
      { secondFactor: { methods: ['passkey'] } },
      { secondFactor: { methods: ['app'] } },
    ],
    [
      'nist-reauthentication',
      { session: { idleMinutes: 60, absoluteMinutes: 1_440 } },
      { session: { idleMinutes: 61, absoluteMinutes: 1_440 } },
    ],
  ])('%s by %j, not by %j', (id, good, bad) => {
    const rule = rules.find((one) => one.id === id);
    const held = (changes: Changes) => ({
      policy: policyOf(changes),
      administratorsWithoutFactor: SOME,
      accountsWithoutFactor: SOME,
    });
    expect([rule?.isMet(held(good)), rule?.isMet(held(bad))]).toEqual([true, false]);
  });

  test.each([
    [NONE, true],
    [SOME, false],
    [{ count: 0, isCapped: true }, false],
  ])('where the policy does not ask for a factor, %j accounts without one say: %s', (without, expected) => {
    const policy = policyOf({ secondFactor: { mode: 'voluntary' } });
    const held = { policy, administratorsWithoutFactor: without, accountsWithoutFactor: without };
    for (const id of ['pci-factor-of-administrators', 'pci-factor-of-all'])
      expect(rules.find((one) => one.id === id)?.isMet(held)).toBe(expected);
  });
});

describe('AUD-3 compliance report', () => {
  test('says over the admin API what was found, with evidence', async () => {
    const tenant = await server.tenant('livevox');
    await server.account(tenant, { role: 'Manager' });
    const api = await machine(server, tenant);
    const { status, body } = await api.get(`/tenants/${tenant.clientCode}/compliance`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ revision: 1, at: expect.stringMatching(/Z$/) });
    const of = (id: Rule) => body.rules.find(({ rule }: { rule: Rule }) => rule === id);
    expect(of('pci-expiry')).toMatchObject({
      source: 'PCI DSS 4.0.1, 8.3.9',
      verdict: 'met',
      evidence: { 'password.expireAfterDays': 90 },
      deviation: null,
      exception: null,
    });
    expect(of('pci-factor-of-administrators')).toMatchObject({
      verdict: 'deviates',
      evidence: { 'enabled administrators without a second factor': 1 },
      deviation: expect.stringContaining('password only'),
    });
  });

  test('an exception holds until its end, with who recorded it and why', async () => {
    const tenant = await server.tenant('livevox');
    const api = await machine(server, tenant);
    const path = `/tenants/${tenant.clientCode}/compliance`;
    const until = new Date((server.core.clock.now() + DAY) * 1_000).toISOString().replace('.000', '');
    const fields = { reason: 'the standard of the parent company', until };
    const made = await api.call('PUT', `${path}/nist-no-expiry/exception`, fields);
    expect(made).toMatchObject({
      status: 200,
      body: { rule: 'nist-no-expiry', by: `application:${api.id}`, until },
    });
    const verdict = async () =>
      (await administer(server, report, tenant, {})).rules.find(({ rule }) => rule === 'nist-no-expiry');
    expect(await verdict()).toMatchObject({ verdict: 'excepted', exception: { reason: fields.reason } });
    time.move(DAY);
    expect(await verdict()).toMatchObject({ verdict: 'deviates', exception: null });
    const query = { tenantId: tenant.id, type: 'compliance.excepted', limit: 10 } as const;
    const { items } = await server.core.audit.list(query);
    expect(items).toMatchObject([
      { actor: `application:${api.id}`, reason: fields.reason, detail: { rule: 'nist-no-expiry' } },
    ]);
  });

  test('what is withdrawn deviates again, and is withdrawn once', async () => {
    const tenant = await server.tenant('livevox');
    const until = server.core.clock.now() + DAY;
    await administer(server, except, tenant, { rule: 'nist-no-expiry', reason: 'x', until });
    await administer(server, withdraw, tenant, { rule: 'nist-no-expiry' });
    const refused = await refusalOf(server, withdraw, tenant, { rule: 'nist-no-expiry' });
    expect(refused.code).toBe('not_found');
    expect((await server.core.tenants.byId(tenant.id))?.exceptions).toEqual([]);
  });

  test('P1 of exceptions that are recorded at once none is lost', async () => {
    const tenant = await server.tenant('livevox');
    const until = server.core.clock.now() + DAY;
    await Promise.all(
      rules.map(({ id: rule }) => administer(server, except, tenant, { rule, reason: 'x', until })),
    );
    const { rules: judged } = await administer(server, report, tenant, {});
    expect(judged.filter(({ exception }) => exception === null)).toEqual([]);
  });

  test.each([
    ['an end that has passed', { until: -1 }],
    ['an end that is too far away', { until: 367 * DAY }],
    ['no reason', { reason: '  ' }],
    ['a rule that there is not', { rule: 'pci-nothing' as Rule }],
  ])('refuses %s by name', async (_, wrong) => {
    const tenant = await server.tenant('livevox');
    const input: { rule: Rule; reason: string; until?: number } = {
      rule: 'pci-expiry',
      reason: 'x',
      ...wrong,
    };
    const until = server.core.clock.now() + (input.until ?? DAY);
    const [name] = Object.keys(wrong);
    expect(await refusalOf(server, except, tenant, { ...input, until })).toMatchObject({
      code: 'input_invalid',
      values: { mistakes: [{ path: name }] },
    });
  });

  test('a SysAdmin of another tenant learns nothing of it', async () => {
    const [tenant, other] = [await server.tenant(), await server.tenant()];
    const stranger = administratorOf(other);
    expect((await refusalOf(server, report, tenant, {}, stranger)).code).toBe('not_found');
  });
});

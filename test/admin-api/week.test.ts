import { describe, expect, test } from '@jest/globals';
import { type ApiAnswer, machine } from '../support/admin-api.ts';
import { RelyingApplication } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { Program } from '../support/program.ts';
import { CALLBACK, isIn, SECRET } from '../support/site.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const server = serverForAll();
const time = clockForEach();

const DAY = 86_400;
const PEOPLE = 200;
const CHOSEN = 'lamp 4 river-bench';
const ANOTHER = 'seven 9 kettle-roads';

/** What a call came to; anything but a success fails the story, with what the server said. */
async function good(asked: Promise<ApiAnswer>) {
  const { status, body } = await asked;
  if (status >= 300) throw new Error(JSON.stringify(body));
  return body;
}

/** Someone at the sign-in page of an application of the site. */
async function atThePage(relying: RelyingApplication, userName: string) {
  const browser = new Browser(server.issuer);
  await browser.open(await relying.request());
  const type = (password: string) => browser.submit({ clientCode: 'WEEK', userName, password }, '/password');
  return { browser, type };
}

describe('a week of the work of an administrator, through the admin API only', () => {
  test('ADM-1 the tenant, its people, their troubles, its policy and its secrets', async () => {
    // Monday: the operator makes the tenant and the machine of its SysAdmin.
    const home = await server.tenant('modern', undefined, 'OPERATOR');
    const operator = await machine(server, home);
    const tenant = await good(
      operator.post('/tenants', { clientCode: 'WEEK', name: 'The week', preset: 'livevox' }),
    );
    const site = `/tenants/${tenant.clientCode}`;
    const sysAdmin = { population: 'user', userName: 'sue', role: 'SysAdmin', password: CHOSEN };
    const sue = await good(operator.post(`${site}/accounts`, { ...sysAdmin, permanent: true }));
    const desk = await good(
      operator.post(`/applications?tenant=WEEK`, {
        id: 'week-desk',
        kind: 'web',
        redirectUris: [CALLBACK],
        isFirstParty: true,
      }),
    );
    expect(sue).toMatchObject({ role: 'SysAdmin', temporary: false });
    const api = await machine(server, { id: tenant.id });

    // Two hundred people, each sent twice, as after a lost answer; one leads their team.
    const create = (n: number) => {
      const fields = { population: 'user', userName: `person-${n}`, name: `Person ${n}`, password: CHOSEN };
      const headers = { 'idempotency-key': `person-${n}` };
      return good(api.post(`${site}/accounts`, fields, headers));
    };
    const people: { id: string; userName: string }[] = [];
    for (let n = 0; n < PEOPLE; n += 1) people.push(await create(n));
    expect((await create(7)).id).toBe(people[7]?.id);
    const [lead = { id: '' }, ann = { id: '' }] = people;
    for (const { id } of people.slice(0, 10))
      await good(api.call('PUT', `${site}/accounts/${id}/team`, { team: 'north' }));
    await good(api.call('PUT', `${site}/accounts/${lead.id}/role`, { role: 'Manager' }));
    let after: string | undefined;
    const seen = new Set<string>();
    do {
      const page = await good(api.get(`${site}/accounts?limit=50${after ? `&after=${after}` : ''}`));
      for (const { id } of page.accounts) seen.add(id);
      after = page.next;
    } while (after);
    expect(seen.size).toBe(PEOPLE + 1);
    const north = await good(api.get(`${site}/accounts?team=north&withCount=true`));
    expect(north).toMatchObject({ count: { count: 10 } });

    // Tuesday: one of them types wrong passwords until they are locked out.
    const account = `${site}/accounts/${ann.id}`;
    const relying = await RelyingApplication.discover(server.issuer, desk.id, desk.secret);
    const guess = await atThePage(relying, 'person-1');
    for (let n = 0; n < 5; n += 1) await guess.type('not this one');
    expect(await good(api.get(`${account}/why`))).toMatchObject({ now: expect.arrayContaining(['locked']) });
    const locked = await good(api.get(`${site}/accounts?isLocked=true`));
    expect(locked.accounts).toMatchObject([{ id: ann.id, lock: { cause: 'password' } }]);
    expect(await good(api.post(`${account}/unlock`))).toEqual({ wasLocked: true });
    await good(operator.post(`${account}/password`, { password: ANOTHER, permanent: true }));
    const signIn = await atThePage(relying, 'person-1');
    expect(isIn(await signIn.type(ANOTHER))).toBe(true);

    // Wednesday: the policy, first looked at, then changed, planned, and taken back.
    const values = { 'secondFactor.loginCodes': true };
    const preview = await good(api.post(`${site}/policy/preview`, { values }));
    expect(preview).toMatchObject({
      changed: [{ before: false, after: true }],
      preview: { accounts: { user: PEOPLE + 1 }, signedIn: { user: 1 } },
    });
    expect((await good(api.get(`${account}/sessions`))).sessions).toHaveLength(1);
    await good(api.post(`${account}/sessions/end-all`, { reason: 'before the change' }));
    expect((await good(api.get(`${account}/sessions`))).sessions).toEqual([]);
    const changed = await good(api.call('PATCH', `${site}/policy`, { values, reason: 'phones at home' }));
    expect(changed).toMatchObject({ state: 'changed', revision: 2 });
    const at = new Date((nowSeconds() + DAY) * 1_000).toISOString();
    const plan = { values: { 'lockout.agent': 3 }, at, reason: 'audit of May' };
    expect(await good(api.call('PATCH', `${site}/policy`, plan))).toMatchObject({ state: 'scheduled' });
    time.move(DAY);
    const again = await machine(server, { id: tenant.id });
    await eventually(
      () => good(again.get(`${site}/policy`)),
      ({ revision }) => revision.n === 3,
    );
    const back = await good(again.post(`${site}/policy/rollback`, { to: 2 }));
    expect(back).toMatchObject({ state: 'changed', revision: 4 });
    const { revisions } = await good(again.get(`${site}/policy/history`));
    expect(revisions.map(({ n }: { n: number }) => n)).toEqual([1, 2, 3, 4]);

    // Thursday: a second factor, and a code for the one who left it at home.
    expect(await good(again.post(`${account}/second-factor/enrol`))).toEqual({ secondFactor: 'pending' });
    const withPhone = { population: 'user', userName: 'bob', password: ANOTHER, permanent: true };
    const bob = await good(
      (await machine(server, home)).post(`${site}/accounts`, { ...withPhone, totpSecret: SECRET }),
    );
    const reason = 'phone at home';
    const { code } = await good(again.post(`${site}/accounts/${bob.id}/login-code`, { reason }));
    const morning = await atThePage(relying, 'bob');
    expect((await morning.type(ANOTHER)).step).toBe('second-factor');
    expect(isIn(await morning.browser.submit({ code }))).toBe(true);

    // Friday: secrets.
    const { secret } = await good(again.post(`/applications/${desk.id}/secret`));
    expect(await server.core.applications.secretMatches(desk.id, secret)).toBe(true);
    const { token } = await good(again.post(`${site}/api-tokens`, { name: 'reports' }));
    const reports = new Program(server.issuer, token);
    expect((await reports.validate('unknown')).status).toBe(404);
    await good(again.call('DELETE', `${site}/api-tokens/reports`));
    expect((await reports.validate('unknown')).status).toBe(401);
    const audit = await good(again.get(`/audit?tenant=WEEK&limit=20`));
    const types = audit.entries.map(({ type }: { type: string }) => type);
    expect(types).toEqual(expect.arrayContaining(['api-token.revoked']));
  });
});

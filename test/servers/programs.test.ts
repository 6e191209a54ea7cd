import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { RelyingApplication } from '../support/application.ts';
import { times } from '../support/at-once.ts';
import { Browser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, prepareInstances } from '../support/instances.ts';
import { type LogoutListener, startLogoutListener } from '../support/logout-listener.ts';
import { Program } from '../support/program.ts';
import { PASSWORD } from '../support/site.ts';

const NEW_PASSWORD = 'another horse 10';
const PEOPLE = process.env.SALLYPORT_TEST_LONG ? 60 : 12;

let instances: Instances;
let tenant: Tenant;
let token: string;
let listener: LogoutListener;
beforeAll(async () => {
  listener = await startLogoutListener();
  instances = await prepareInstances(2, { SALLYPORT_OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32' });
  await Promise.all([instances.start(0), instances.start(1)]);
  tenant = await instances.tenant('livevox');
  token = await instances.apiToken(tenant);
});
afterAll(async () => {
  await instances.close();
  await listener.close();
});

const personOf = ({ userName }: Account, password = PASSWORD) => ({
  clientName: tenant.clientCode,
  userName,
  password,
});

/** A person with a session of a browser at an application that hears of logouts, and one of a program. */
async function signedIn(relying: RelyingApplication) {
  const account = await instances.account(tenant, { permissions: ['use-session-api'] });
  const browser = new Browser(instances.issuer);
  await browser.open(await relying.request());
  const fields = { clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD };
  const tokens = await relying.exchange((await browser.submit(fields, '/password')).url);
  const program = new Program(instances.issuer, token);
  expect((await program.login(personOf(account))).status).toBe(200);
  return { account, tokens, program };
}

const toldSids = () =>
  new Set(listener.tokens.map((jwt) => JSON.parse(atob(jwt.split('.')[1] ?? '')).sid as string));

describe('programs on two processes', () => {
  test('API-4 R2 of 20 sign-ins at once all get one session, and each process knows it', async () => {
    for (let round = 0; round < 3; round++) {
      const account = await instances.account(tenant, { permissions: ['use-session-api'] });
      const answers = await times(20, () => new Program(instances.issuer, token).login(personOf(account)));
      const ids = answers.map(({ body }) => String(body.sessionId));
      expect(new Set(ids).size).toBe(1);
      const program = new Program(instances.issuer, token);
      const statuses = await times(4, async () => (await program.validate(ids[0])).status);
      expect(statuses).toEqual([200, 200, 200, 200]);
      expect(await instances.core.apiSessions.ofAccount(account.id)).toHaveLength(1);
    }
  });

  test('API-1 R2 of 12 commands that make a token at once five do', async () => {
    const site = await instances.tenant('livevox');
    const made = await times(12, (n) =>
      runCommand(
        ['token', 'create', '--tenant', site.clientCode, '--name', `token ${n}`],
        instances.environment,
      ),
    );
    expect(made.filter(({ code }) => code === 0)).toHaveLength(5);
    expect(made.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual(
      Array(7).fill('sallyport: The tenant has 5 tokens, which is the limit. Revoke one first.\n'),
    );
    expect(await instances.core.apiTokens.list(site.id)).toHaveLength(5);
  });

  test('S56 V28 what a command disables or revokes, both refuse at once', async () => {
    const account = await instances.account(tenant, { permissions: ['use-session-api'] });
    const site = ['--tenant', tenant.clientCode];
    const second = await instances.apiToken(tenant, 'second');
    const [one, two] = [new Program(instances.issuer, token), new Program(instances.issuer, second)];
    for (const program of [one, two]) await program.login(personOf(account));
    const statuses = (program: Program) => times(4, async () => (await one.validate(program.session)).status);
    expect(await statuses(two)).toEqual([200, 200, 200, 200]);
    const revoke = ['token', 'revoke', ...site, '--name', 'second'];
    expect((await runCommand(revoke, instances.environment)).code).toBe(0);
    expect(await statuses(two)).toEqual([404, 404, 404, 404]);
    const login = () => times(4, async () => (await two.login(personOf(account))).status);
    // A token is looked up in a cache of 20 milliseconds; the command has long ended.
    expect(await login()).toEqual([401, 401, 401, 401]);
    const disable = ['account', 'disable', ...site, '--population', 'user', '--user-name', account.userName];
    expect((await runCommand(disable, instances.environment)).code).toBe(0);
    expect(await statuses(one)).toEqual([404, 404, 404, 404]);
  });

  test('V4 F17 one of two is killed in the middle of events: all that changed is refused at once, and told', async () => {
    const { id, secret } = await instances.application({ backchannelLogoutUri: listener.url });
    const relying = await RelyingApplication.discover(instances.issuer, id, secret);
    const people = await times(PEOPLE, () => signedIn(relying));
    let answered = 0;
    const changes = people.map(async ({ program, account }) => {
      const wanted = { ...personOf(account), newPassword: NEW_PASSWORD };
      await program.changePassword(wanted).catch(() => {});
      answered += 1;
    });
    await eventually(
      () => answered,
      (count) => count > 0,
    );
    await instances.stop(1, 'SIGKILL');
    await Promise.all(changes);
    const changed: string[] = [];
    const kept: string[] = [];
    for (const { account, tokens, program } of people) {
      const { epoch } = (await instances.core.accounts.byId(account.id))?.doc ?? account;
      const isChanged = epoch > account.epoch;
      (isChanged ? changed : kept).push(String(tokens.claims()?.sid));
      expect((await program.validate()).status).toBe(isChanged ? 404 : 200);
      const refreshed = await relying.refresh(tokens).catch((error) => error.error as string);
      expect(typeof refreshed === 'string').toBe(isChanged);
      const again = new Program(instances.issuer, token);
      const { status } = await again.login(personOf(account, isChanged ? NEW_PASSWORD : PASSWORD));
      expect(status).toBe(200);
    }
    expect(changed.length).toBeGreaterThan(0);
    await eventually(
      () => [...toldSids()].sort(),
      (told) => told.length === changed.length,
    );
    expect([...toldSids()].sort()).toEqual(changed.sort());
    for (const sid of kept) expect(toldSids().has(sid)).toBe(false);
    await instances.start(1);
  });

  test('API-8 a clean stop of both loses no count', async () => {
    const site = await instances.tenant('livevox');
    const account = await instances.account(site, { permissions: ['use-session-api'] });
    const program = new Program(instances.issuer, await instances.apiToken(site));
    await program.login({ ...personOf(account), clientName: site.clientCode });
    const statuses = await times(60, async () => (await program.validate()).status);
    await Promise.all([instances.stop(0), instances.stop(1)]);
    expect(statuses.every((status) => status === 200)).toBe(true);
    const [made] = await instances.core.apiTokens.list(site.id);
    expect(await instances.core.usage.days(made?.tokenId ?? '', 2)).toMatchObject([
      { logins: 1, failures: 0, validations: 60 },
    ]);
  });
});

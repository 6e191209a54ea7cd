import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { isIn } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { shownCodes } from '../support/factors.ts';
import { type Instances, prepareEmbeddedInstances, prepareInstances } from '../support/instances.ts';
import { startMailServer } from '../support/mail-server.ts';
import { policyWith } from '../support/policies.ts';
import { freePort } from '../support/port.ts';
import { Program } from '../support/program.ts';
import { codeOf, type Story, shownSecret, story } from '../support/story.ts';

const PASSWORD = 'canary-password-1 of this run';
const NEW_PASSWORD = 'canary-password-2 of this run';
const LAST_PASSWORD = 'canary-password-3 of this run';
const WRONG_PASSWORD = 'canary-wrong-password-4';
const EMAIL = 'canary@site.example';
const PAIRS: [string, () => Promise<Instances>][] = [
  ['SQLite', () => prepareEmbeddedInstances(1)],
  ['MongoDB and Redis', () => prepareInstances(1)],
];

/** Everything that a server of this test answered, headers and bodies, by address. */
interface Answer {
  url: string;
  text: string;
}

/** A value as it is; a dump of Redis's own may be compressed. */
async function plainValue(redis: Redis, key: string): Promise<unknown> {
  const readers: Record<string, () => Promise<unknown>> = {
    string: () => redis.get(key),
    hash: () => redis.hgetall(key),
    set: () => redis.smembers(key),
    zset: () => redis.zrange(key, '0', '-1'),
    list: () => redis.lrange(key, 0, -1),
  };
  const read = readers[await redis.type(key)];
  if (!read) throw new Error(`${key} is of a kind that this test cannot read`);
  return read();
}

/** Every byte that both stores keep. */
async function dump(instances: Instances): Promise<string> {
  const { SALLYPORT_DOCUMENTS, SALLYPORT_EPHEMERAL, SALLYPORT_DATA = '' } = instances.environment;
  if (!SALLYPORT_DOCUMENTS || !SALLYPORT_EPHEMERAL)
    return readdirSync(SALLYPORT_DATA)
      .map((file) => readFileSync(join(SALLYPORT_DATA, file), 'latin1'))
      .join('\n');
  const client = await MongoClient.connect(SALLYPORT_DOCUMENTS);
  const database = client.db();
  const collections = await database.listCollections().toArray();
  const documents = await Promise.all(
    collections.map(({ name }) => database.collection(name).find().toArray()),
  );
  await client.close();
  const redis = new Redis(SALLYPORT_EPHEMERAL);
  const keys = await redis.keys('*');
  const values = await Promise.all(
    keys.map(async (key) => `${key}\n${JSON.stringify(await plainValue(redis, key))}`),
  );
  redis.disconnect();
  return [JSON.stringify(documents), ...values].join('\n');
}

describe.each(PAIRS)('marked secrets on %s', (_name, prepare) => {
  let instances: Instances;
  let mail: Awaited<ReturnType<typeof startMailServer>>;
  let internalPort: number;
  let tale: Story;
  const answers: Answer[] = [];
  /** What must be found nowhere. */
  const everywhere = new Map<string, string>();
  /** What no answer may hold, but those of the places that show it once. */
  const shown = new Map<string, { secret: string; at: RegExp | undefined }>();
  const realFetch = globalThis.fetch;

  beforeAll(async () => {
    instances = await prepare();
    mail = await startMailServer();
    internalPort = await freePort();
    Object.assign(instances.environment, {
      SALLYPORT_LOG_LEVEL: 'debug',
      SALLYPORT_INTERNAL_PORT: String(internalPort),
      SALLYPORT_MAIL_URL: mail.url,
      SALLYPORT_MAIL_FROM: 'door@site.example',
    });
    await instances.start(0);
    globalThis.fetch = async (...request) => {
      const response = await realFetch(...request);
      const headers = [...response.headers].map((pair) => pair.join(': ')).join('\n');
      answers.push({ url: String(request[0]), text: `${headers}\n\n${await response.clone().text()}` });
      return response;
    };
  });
  afterAll(async () => {
    globalThis.fetch = realFetch;
    await instances.close();
    await mail.close();
  });

  const mark = (name: string, secret: string, at?: RegExp) => {
    expect(secret.length).toBeGreaterThan(5);
    everywhere.set(name, secret);
    shown.set(name, { secret, at });
  };
  const cookieOf = async (name: string) =>
    (await tale.browser.jar.getCookies(`${instances.issuer}/account`)).find(({ key }) => key === name)
      ?.value ?? '';
  const mailed = async (pattern: RegExp, count: number) => {
    const find = () =>
      mail.messages.flatMap(({ text }) => pattern.exec(text.replaceAll('=\r\n', ''))?.[1] ?? []);
    return (await eventually(find, (found) => found.length >= count)).at(-1) ?? '';
  };
  const signIn = async (password: string) => {
    await tale.browser.jar.removeAllCookies();
    await tale.begin({ scope: 'openid offline_access', prompt: 'consent' });
    return tale.typePassword(password, EMAIL);
  };
  const consented = () => tale.browser.submit({ decision: 'allow' }, '/consent');
  const sixDigits = new Set<string>();

  test('every journey is walked', async () => {
    const tenant = await instances.tenant(
      'cloudcx',
      policyWith({
        password: { forgottenByMail: true },
        secondFactor: { trustDays: 30 },
      }),
    );
    tale = await story(instances, {
      tenant,
      isFirstParty: false,
      person: { email: EMAIL, isEnrolled: true, password: PASSWORD },
    });
    for (const [name, secret] of Object.entries({ PASSWORD, NEW_PASSWORD, LAST_PASSWORD, WRONG_PASSWORD }))
      mark(name, secret);
    mark('the secret of the application', tale.application.secret);

    // Activation, recovery codes, tokens.
    await signIn(WRONG_PASSWORD);
    const secret = shownSecret(await tale.typePassword(PASSWORD, EMAIL));
    mark('the secret of the app', secret, /\/sign-in\//);
    const first = codeOf(secret);
    sixDigits.add(first);
    const page = await tale.browser.submit({ code: first }, '/activate');
    for (const [n, code] of shownCodes(page).entries()) {
      mark(`recovery code ${n}`, code, /\/sign-in\//);
      everywhere.set(`recovery code ${n}, plain`, code.replaceAll('-', ''));
    }
    const recovery = shownCodes(page);
    await tale.browser.submit({}, '/recovery-codes');
    const landed = await consented();
    expect(isIn(landed)).toBe(true);
    mark(
      'the code of the protocol',
      new URL(landed.url).searchParams.get('code') ?? '',
      /\/oauth2\/authorize/,
    );
    const tokens = await tale.relying.exchange(landed.url);
    mark('the access token', tokens.access_token, /\/oauth2\/token$/);
    mark('the refresh token', tokens.refresh_token ?? '', /\/oauth2\/token$/);
    await tale.relying.refresh(tokens);

    // A recovery code, with the browser trusted.
    await signIn(PASSWORD);
    await tale.browser.submit({ code: recovery[0] ?? '', trustBrowser: 'yes' }, '/second-factor');
    await consented();
    mark('the trust of the browser', await cookieOf('sallyport_trust'), /\/second-factor$/);
    mark('the session', await cookieOf('sallyport_session'), /./);

    // A login code.
    const made = await administer(instances, operations.account.makeLoginCode, tale.account, {
      reason: 'canary',
    });
    const login = made.code;
    mark('the login code', login);
    await signIn(PASSWORD);
    await tale.browser.submit({ code: login }, '/second-factor');
    await consented();

    // Codes by email, set up and used on the page of the account.
    await tale.browser.open('/account/second-factor/set-up/mail');
    await tale.browser.submit({ currentPassword: PASSWORD, code: recovery[1] ?? '' }, '/set-up/mail');
    const byMail = /\r\n(\d{6})\r\n/;
    const code = await mailed(byMail, 1);
    sixDigits.add(code);
    await tale.browser.submit({ code }, '/finish');
    await signIn(PASSWORD);
    const second = await mailed(byMail, 2);
    sixDigits.add(second);
    await tale.browser.submit({ code: second }, '/second-factor');
    await consented();

    // A program.
    const token = await instances.apiToken(tenant);
    mark('the API token', token);
    await administer(instances, operations.account.permit, tale.account, { permission: 'use-session-api' });
    const program = new Program(instances.issuer, token);
    const person = { clientName: tenant.clientCode, userName: EMAIL, password: PASSWORD };
    expect((await program.login({ ...person, password: WRONG_PASSWORD })).status).toBe(401);
    expect((await program.login({ ...person, otp: recovery[4] ?? '' })).status).toBe(200);
    mark('the session of a program', program.session, /\/session\/(login|list)$/);
    expect((await program.validate()).status).toBe(200);
    expect((await program.asSession('GET', '/list')).status).toBe(200);

    // The password changed, then forgotten.
    await tale.browser.open('/account/password');
    const fields = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD, newPasswordAgain: NEW_PASSWORD };
    await tale.browser.submit({ ...fields, code: recovery[2] ?? '' }, '/account/password');
    expect(tale.browser.page.step).toBe('account');
    const other = new Browser(instances.issuer);
    await other.open('/recover?population=user');
    await other.submit({ clientCode: tenant.clientCode, userName: EMAIL, population: 'user' }, '/recover');
    const link = await mailed(/token=(?:3D)?([\w.-]+)/, 1);
    mark('the link', link.split('.')[1] ?? '', /\/recover\/set/);
    await other.open(`/recover/set?token=${link}`);
    await other.submit({
      newPassword: LAST_PASSWORD,
      newPasswordAgain: LAST_PASSWORD,
      code: recovery[3] ?? '',
    });
    expect(other.page.status).toBe(200);
    expect(recovery).toHaveLength(10);
  });

  test('S79 V12 the stores hold none of them', async () => {
    const kept = await dump(instances);
    expect(kept.length).toBeGreaterThan(10_000);
    expect(kept).toContain(tale.account.id);
    const found = [...everywhere].filter(([, secret]) => kept.includes(secret)).map(([name]) => name);
    expect(found).toEqual([]);
  });

  test('S34 V12 the logs and the metrics hold none of them', async () => {
    const metrics = await (await realFetch(`http://127.0.0.1:${internalPort}/metrics`)).text();
    expect(metrics).toContain('sallyport');
    const logs = instances.process(0).output();
    expect(logs).toContain('"level":20');
    const found = [...everywhere]
      .filter(([, secret]) => logs.includes(secret) || metrics.includes(secret))
      .map(([name]) => name);
    expect(found).toEqual([]);
    for (const digits of sixDigits)
      expect(new RegExp(`(?<![\\d.:-])${digits}(?![\\d.:-])`).test(logs)).toBe(false);
  });

  test('V12 S64 no answer holds them, but the one place that shows each once', () => {
    expect(answers.length).toBeGreaterThan(50);
    const found = [...shown].flatMap(([name, { secret, at }]) =>
      answers
        .filter(({ url, text }) => text.includes(secret) && !at?.test(url))
        .map(({ url }) => `${name}: ${new URL(url).pathname}`),
    );
    expect(found).toEqual([]);
    // Codes of six digits may be part of a number: not of a text by themselves.
    for (const digits of sixDigits) {
      const holding = answers.filter(({ text }) => new RegExp(`[>"' =]${digits}[<"' ]`).test(text));
      expect(holding.map(({ url }) => url)).toEqual([]);
    }
  });

  test('S79 the log of what happened holds none of them', async () => {
    const entries = JSON.stringify(await instances.core.audit.ofAccount(tale.account.id, 500));
    const found = [...everywhere].filter(([, secret]) => entries.includes(secret)).map(([name]) => name);
    expect(found).toEqual([]);
  });
});

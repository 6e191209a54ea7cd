// The product as it is measured: real process, embedded stores, seeded once; each sign-in takes an account of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSync } from 'otplib';
import type { Account } from '../src/accounts/index.ts';
import { createLog, newId, systemClock } from '../src/base/index.ts';
import { openCore } from '../src/core.ts';
import { loadSettings, readMasterKeys } from '../src/settings/index.ts';
import { loadPreset } from '../src/tenants/index.ts';
import { send } from './load.ts';
import { type Measured, startServer } from './processes.ts';

export interface Product {
  folder: string;
  port: number;
  machine: { id: string; secret: string };
  desk: { id: string; secret: string };
  accounts: number;
  start(core: number | undefined): Promise<Measured>;
  /** Adds accounts that nobody signs in with. */
  fill(accounts: number): Promise<void>;
  remove(): void;
}

const FILL_BATCH = 1_000;
const PASSWORD = 'correct horse 9';
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const CALLBACK = 'http://localhost:9/callback';
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** Makes the stores: a tenant, the applications, and accounts that share one hash and one authenticator secret. */
export async function prepareProduct(port: number, accounts: number): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const environment = {
    SALLYPORT_DATA: folder,
    SALLYPORT_PORT: String(port),
    SALLYPORT_ISSUER: `http://localhost:${port}`,
    SALLYPORT_LOG_LEVEL: 'error',
  };
  const settings = loadSettings({ environment });
  const core = await openCore({
    settings,
    masterKeys: readMasterKeys(settings).keys,
    clock: systemClock,
    log: createLog('error'),
  });
  const policy = loadPreset('livevox');
  if (!policy) throw new Error('no preset');
  const tenant = await core.tenants.create({ clientCode: 'BENCH', name: 'Bench', policy });
  if (typeof tenant === 'string') throw new Error(tenant);
  const password = await core.passwords.make(PASSWORD, policy, false);
  for (let i = 0; i < accounts; i++) {
    const account = await core.accounts.create({
      tenantId: tenant.id,
      population: 'user',
      userName: `person${i}`,
      password,
    });
    if ('refused' in account) throw new Error(account.refused);
    await core.secondFactor.bindKnown(account.id, SECRET);
  }
  const machine = await core.applications.create({
    id: 'machine',
    kind: 'machine',
    audience: 'https://api.example.org',
    scopes: ['read'],
  });
  const desk = await core.applications.create({
    id: 'desk',
    kind: 'web',
    redirectUris: [CALLBACK],
    isFirstParty: true,
  });
  await core.close();
  if ('refused' in machine || 'refused' in desk) throw new Error('no application');
  return {
    folder,
    port,
    accounts,
    machine: { id: 'machine', secret: machine.secret ?? '' },
    desk: { id: 'desk', secret: desk.secret ?? '' },
    fill: async (count) => {
      const reopened = await openCore({
        settings,
        masterKeys: readMasterKeys(settings).keys,
        clock: systemClock,
        log: createLog('error'),
      });
      const template = (await reopened.accounts.byName(tenant.id, 'user', 'person0'))?.doc;
      if (!template) throw new Error('nobody to copy');
      const collection = reopened.documents.collection<Account>({ name: 'accounts', indexes: {} });
      for (let at = 0; at < count; at += FILL_BATCH) {
        const batch = Array.from({ length: Math.min(FILL_BATCH, count - at) }, (_, i) => {
          const name = `filler${at + i}`;
          return { ...template, id: newId(), number: 1_000_000 + at + i, userName: name, nameKey: name };
        });
        await collection.insertAll(batch);
      }
      await reopened.close();
    },
    start: (cpu) => startServer('../src/main.ts', ['start'], environment, port, cpu),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function basic({ id, secret }: { id: string; secret: string }): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/** The cookies of one browser: name to value, whatever their path. */
function keep(cookies: Map<string, string>, setCookie: string[] | undefined) {
  for (const line of setCookie ?? []) {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

/** B2: authorize, page, password, code page, code, resume, token. @throws at the first answer that is not as it must be */
export async function signIn({ port, desk, accounts }: Product, n: number): Promise<void> {
  const cookies = new Map<string, string>();
  const go = async (method: string, path: string, body = '') => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await send(
      port,
      method,
      path,
      { cookie, accept: 'text/html', ...(body ? { origin: `http://localhost:${port}` } : {}) },
      body,
    );
    keep(cookies, answer.headers['set-cookie'] as string[] | undefined);
    return answer;
  };
  const expectStatus = (answer: { status: number }, status: number, what: string) => {
    if (answer.status !== status) throw new Error(`${what}: ${answer.status}`);
  };
  const query = new URLSearchParams({
    client_id: desk.id,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: CALLBACK,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  });
  const begun = await go('GET', `/oauth2/authorize?${query}`);
  expectStatus(begun, 303, 'authorize');
  const page = String(begun.headers.location);
  expectStatus(await go('GET', page), 200, 'page');
  const typed = new URLSearchParams({
    clientCode: 'BENCH',
    userName: `person${n % accounts}`,
    password: PASSWORD,
  });
  expectStatus(await go('POST', `${page}/password`, typed.toString()), 303, 'password');
  const second = await go('GET', page);
  if (!second.body.includes('data-step="second-factor"')) throw new Error('the code page did not come');
  const coded = await go(
    'POST',
    `${page}/second-factor`,
    new URLSearchParams({ code: generateSync({ secret: SECRET }) }).toString(),
  );
  expectStatus(coded, 303, 'code');
  const resumed = await go(
    'GET',
    new URL(String(coded.headers.location), `http://localhost:${port}`).pathname,
  );
  const code = new URL(String(resumed.headers.location), 'http://localhost').searchParams.get('code');
  if (!code) throw new Error(`no code: ${resumed.status} ${resumed.headers.location}`);
  const exchange = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  });
  expectStatus(
    await send(port, 'POST', '/oauth2/token', { authorization: basic(desk) }, exchange.toString()),
    200,
    'token',
  );
}

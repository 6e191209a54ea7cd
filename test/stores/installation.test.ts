import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Core, openCore } from '../../src/core/index.ts';
import { createLog, createSealer, type Sealer, systemClock } from '../../src/foundation/base/index.ts';
import { openInstallation } from '../../src/foundation/stores/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { isIn, SECRET, type StartedApp, startApp } from '../support/app.ts';
import { codeOf, story } from '../support/story.ts';
import { holdTime } from '../support/time.ts';

const INSTALLATION = { name: 'installation', indexes: {} };
const KEYS = { name: 'signingKeys', indexes: { order: { fields: ['id'] } } };
/** As they were before there were policy revisions and e-mail keys. */
const TENANTS = { name: 'tenants', indexes: { code: { fields: ['codeKey'], unique: true } } };
const ACCOUNTS = {
  name: 'accounts',
  indexes: { name: { fields: ['tenantId', 'population', 'nameKey'], unique: true } },
};
const APPLICATIONS = { name: 'applications', indexes: { order: { fields: ['id'] } } };
const [old, next] = [randomBytes(32), randomBytes(32)];
const both = `${old.toString('hex')},${next.toString('hex')}`;

interface Raw {
  id: string;
  [field: string]: unknown;
}

let server: StartedApp;
const cores: Core[] = [];
beforeEach(async () => {
  server = await startApp({ SALLYPORT_MASTER_KEY: both });
});
afterEach(async () => {
  for (const core of cores.splice(0)) await core.close();
  await server.close();
});

/** Another process on the same stores. */
async function another(...masterKeys: Buffer[]): Promise<Core> {
  const core = await openCore({
    settings: server.core.settings,
    masterKeys,
    clock: systemClock,
    log: createLog('silent'),
  });
  cores.push(core);
  return core;
}

async function changeRaw(spec: { name: string; indexes: object }, id: string, change: (doc: Raw) => Raw) {
  const collection = server.core.documents.collection<Raw>(spec as typeof INSTALLATION);
  const stored = await collection.get(id);
  if (!stored) throw new Error(id);
  await collection.replace(change(stored.doc), stored.version);
}

describe('master keys', () => {
  test('SEC-2 S32 every secret is sealed again under another master key while servers run', async () => {
    const time = holdTime();
    try {
      const tale = await story(server, { person: { totpSecret: SECRET } });
      const waiting = await server.account(tale.tenant);
      const slip = await administer(server, operations.account.makeSlip, waiting, {});
      const turned = await another(next, old);
      // The MAC root, two signing keys, one authenticator, one activation slip.
      expect(await administer({ core: turned }, operations.keys.reseal, null, {})).toEqual({ resealed: 5 });
      expect(await administer({ core: turned }, operations.keys.reseal, null, {})).toEqual({ resealed: 0 });
      time.toStepStart(2);
      await tale.begin();
      await tale.typePassword();
      expect(isIn(await tale.browser.submit({ code: codeOf(SECRET) }))).toBe(true);
      const later = await another(next);
      const account = await server.reread(tale.account);
      time.move(30);
      expect(
        await later.secondFactors.verify(account, codeOf(SECRET), tale.tenant.policy, undefined),
      ).toEqual({ factor: 'totp', verdict: 'accepted' });
      const sealedSlip = (await server.reread(waiting)).secondFactor.slip?.sealedSecret ?? '';
      const printed = 'secret' in slip ? slip.secret.replaceAll(' ', '') : '';
      expect(later.totp.reveal(waiting, sealedSlip)).toBe(printed);
      expect(await later.keys.current()).toHaveLength(2);
      expect(later.vault.mac('grant', 'x')).toBe(server.core.vault.mac('grant', 'x'));
      await expect(another(old)).rejects.toMatchObject({ code: 'store_unfit' });
    } finally {
      time.release();
    }
  });

  test('SEC-2 two installations with different master keys on one database: the second is refused, the first goes on', async () => {
    await expect(another(randomBytes(32))).rejects.toMatchObject({
      code: 'store_unfit',
      detail: expect.stringContaining('the master key is not the one'),
    });
    expect((await fetch(`${server.issuer}/health/ready`)).status).toBe(200);
  });
});

/** As the documents stood before signing keys had times and MACs a root of their own. */
async function intoFirstFormat(sealer: Sealer) {
  const unnamed = (sealed: string) => `v1.${sealed.split('.').at(-1)}`;
  await changeRaw(INSTALLATION, 'installation', ({ id, generation, forgottenBefore }) => ({
    id,
    generation,
    forgottenBefore,
    keyCheck: unnamed(sealer.seal('anything', 'installation')),
  }));
  for (const alg of ['ES256', 'RS256'])
    await changeRaw(KEYS, `${alg}:1`, ({ id, sealedJwk }) => ({
      id,
      alg,
      sealedJwk: unnamed(String(sealedJwk)),
      createdAt: 1_700_000_000,
    }));
}

describe('documents of another version', () => {
  test('OPS-3 older ones are brought up to date at start, by one process of many', async () => {
    const kids = (await server.core.keys.current()).map(({ kid }) => kid);
    await intoFirstFormat(createSealer([old]));
    let migrators = 0;
    const { documents, ephemeral, clock } = server.core;
    const counted = async () => {
      migrators += 1;
    };
    const sealer = createSealer([old]);
    const opened = await Promise.all(
      Array.from({ length: 8 }, () =>
        openInstallation({ documents, ephemeral, sealer, clock, migrations: [counted] }),
      ),
    );
    expect(migrators).toBe(1);
    expect(new Set(opened.map(({ macRoot }) => macRoot.toString('hex'))).size).toBe(1);
    await intoFirstFormat(sealer);
    const tenant = await server.tenant('livevox');
    const account = await server.account(tenant, { email: 'Ann@site.example', userName: 'ann' });
    const { revision: _, epochs: __, spread: ___, trustCuts: ____, ...policyless } = tenant;
    await changeRaw(TENANTS, tenant.id, () => ({ ...policyless, policy: { lockout: { user: 3 } } }));
    await changeRaw(
      ACCOUNTS,
      account.id,
      ({
        lockState: _1,
        emailKey: _2,
        strangersLock: _3,
        secondFactor: _4,
        teamKey: _5,
        shownNameKey: _6,
        passwordSetAt: _7,
        ...doc
      }) => ({
        ...doc,
        secondFactor: { status: 'pending', authenticators: [] },
      }),
    );
    const application = await server.application({ tenantId: tenant.id });
    await changeRaw(APPLICATIONS, application.id, ({ tenantKey: _, ...doc }) => doc);
    const updated = await another(old);
    expect(await updated.tenants.byId(tenant.id)).toMatchObject({
      revision: { n: 1, by: 'system' },
      epochs: { user: 0, agent: 0 },
      trustCuts: [],
      policy: {
        password: { historyCount: 4 },
        lockout: { user: 3, splitBudgets: false },
        signIn: { identifiedBy: 'userName' },
      },
    });
    expect(await updated.accounts.identified(tenant.id, 'user', 'ann@SITE.example', 'email')).toMatchObject({
      id: account.id,
      emailKey: 'ann@site.example',
      lockState: 'open',
      strangersLock: null,
      teamKey: '',
      shownNameKey: '',
      secondFactor: { status: 'pending', round: 0, recoveryCodes: null, loginCode: null, slip: null },
    });
    expect((await updated.applications.list(tenant.id)).items).toMatchObject([{ id: application.id }]);
    expect((await updated.keys.current()).map(({ kid }) => kid)).toEqual(kids);
    expect(await updated.keys.list()).toEqual([
      expect.objectContaining({ alg: 'ES256', kid: kids[0], state: 'active', activeAt: 1_700_000_000 }),
      expect.objectContaining({ alg: 'RS256', kid: kids[1], state: 'active', activeAt: 1_700_000_000 }),
    ]);
  });

  test('OPS-3 a migration that a crash cut short is run again, once its minute is over', async () => {
    const time = holdTime();
    try {
      const sealer = createSealer([old]);
      await intoFirstFormat(sealer);
      const { documents, ephemeral, clock } = server.core;
      const crash = async () => {
        throw new Error('killed');
      };
      const parts = { documents, ephemeral, sealer, clock };
      await expect(openInstallation({ ...parts, migrations: [crash] })).rejects.toThrow('killed');
      time.move(61);
      await another(old);
    } finally {
      time.release();
    }
  });

  test('OPS-3 newer ones are refused, and left as they are', async () => {
    await changeRaw(INSTALLATION, 'installation', (doc) => ({ ...doc, format: 99 }));
    await expect(another(old)).rejects.toMatchObject({
      code: 'store_unfit',
      detail: expect.stringContaining('newer version of Sallyport (format 99'),
    });
  });
});

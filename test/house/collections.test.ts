import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from '@jest/globals';
import { withAuthenticator } from '../../src/capabilities/second-factor/changes.ts';
import { collections, type ListedCollection, onlyListed } from '../../src/core/collections.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { actorFor, administer } from '../support/administration.ts';
import { SECRET } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const list = Object.entries<ListedCollection>(collections);
const MADE_BY_THE_STORE = ['_ping'];
const SEALED = /^v1\.[\w-]{8}\.[\w-]{40,}$/;
const FAR_AWAY = 4_000_000_000;

function read<T>(work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(join(server.folder, 'documents.sqlite'), { readOnly: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const tables = () =>
  read((database) =>
    database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map(({ name }) => String(name)),
  );

/** Every value in every document: the collection, the path with `[]` for the items of an array, and the value. */
function values(): { collection: string; path: string; value: unknown }[] {
  const below = (value: unknown, path: string): { path: string; value: unknown }[] => {
    const here = { path, value };
    if (Array.isArray(value)) return [here, ...value.flatMap((item) => below(item, `${path}[]`))];
    if (value === null || typeof value !== 'object') return [here];
    const inside = Object.entries(value);
    return [here, ...inside.flatMap(([name, one]) => below(one, path === '' ? name : `${path}.${name}`))];
  };
  return read((database) =>
    Object.keys(collections).flatMap((collection) =>
      database
        .prepare(`SELECT body FROM "${collection}"`)
        .all()
        .flatMap(({ body }) => below(JSON.parse(String(body)), ''))
        .map((one) => ({ collection, ...one })),
    ),
  );
}

/** Where a value for which `holds` is true stands, as `collection path`. */
function placesWhere(holds: (value: string) => boolean): string[] {
  const found = values().filter(({ value }) => typeof value === 'string' && holds(value));
  return [...new Set(found.map(({ collection, path }) => `${collection} ${path}`))].sort();
}

const fieldsOf = (fields: (one: ListedCollection) => readonly string[]) =>
  list.flatMap(([name, one]) => fields(one).map((field) => `${name} ${field}`)).sort();

/** A SysAdmin of whom every collection that can say something says something, and what it says of whom. */
async function known() {
  const tenant = await server.tenant('livevox', (policy) => ({
    ...policy,
    signIn: { ...policy.signIn, identifiedBy: 'either' },
  }));
  await server.account(tenant, { role: 'SysAdmin', email: 'other@site.example' });
  const made = await server.account(tenant, {
    userName: 'wanda.quill',
    name: 'Wanda Quill',
    email: 'w.quill@site.example',
    totpSecret: SECRET,
  });
  await administer(server, operations.account.setRole, made, { role: 'SysAdmin' });
  const { doc: account } = await server.core.accounts.update(made.id, (current) => ({
    ...current,
    secondFactor: withAuthenticator(
      current.secondFactor,
      server.core.mailedCodes.authenticator('w.quill@site.example'),
    ),
  }));
  if (!account) throw new Error('the account is gone');
  const actor = await actorFor(server, account);
  const policy = operations.policy;
  await administer(server, policy.set, tenant, { values: { 'lockout.user': 3 } }, actor);
  await administer(server, policy.set, tenant, { values: { 'lockout.user': 4 } }, actor);
  await administer(server, policy.set, tenant, { values: { 'lockout.user': 5 }, at: FAR_AWAY }, actor);
  const started = await server.core.startOperation(policy.preview, {
    at: { tenant: tenant.id },
    input: { values: {} },
    actor,
  });
  const id = 'operationId' in started ? started.operationId : '';
  await eventually(
    () => server.core.longOperations.byId(id),
    (record) => record?.state === 'done',
  );
  const excepted = {
    rule: 'pci-expiry',
    reason: 'for now',
    until: server.core.clock.now() + 86_400,
  } as const;
  await administer(server, operations.compliance.except, tenant, excepted, actor);
  await administer(server, operations.audit.list, tenant, { account: made.id, actor: made.id }, actor);
  await server.core.apiTokens.create(tenant.id, 'reports', account.id);
  const webhook = { name: 'siem', address: 'https://site.example/events', types: [] };
  await server.core.webhooks.create(tenant.id, webhook, account.id);
  const { id: applicationId } = await server.application({
    backchannelLogoutUri: 'https://site.example/end',
  });
  await server.core.deliveries.tell(account.id, [{ applicationId, sid: 'a-session' }]);
  const pending = await server.account(tenant, { isEnrolled: true });
  await administer(server, operations.account.makeSlip, pending, {});
  const words = [account.id, 'wanda.quill', 'Wanda Quill', 'w.quill@site.example'].concat(
    account.nameKey,
    account.emailKey,
  );
  return { account, names: (value: string) => words.some((word) => value.includes(word)) };
}

describe('the list of collections', () => {
  test('names every collection that is opened, and no other', () => {
    const made = tables().filter((name) => !MADE_BY_THE_STORE.includes(name));
    expect(made.sort()).toEqual(Object.keys(collections).sort());
  });

  test('is all that the store opens', () => {
    const { documents } = server.core;
    expect(() => onlyListed(documents).collection({ name: 'forgotten', indexes: {} })).toThrow(RangeError);
    expect(() => documents.collection({ name: 'forgotten', indexes: {} })).toThrow(RangeError);
  });

  test('ACC-8 SEC-2 says what an account leaves when it is deleted, what is sealed and what is secret', async () => {
    const { account, names } = await known();
    const before = placesWhere(names);
    const { sessions } = server.core;
    const { credentialEvent } = sessions;
    let meanwhile: string[] = [];
    sessions.credentialEvent = async (event) => {
      sessions.credentialEvent = credentialEvent;
      meanwhile = placesWhere(names);
      return credentialEvent(event);
    };
    expect(placesWhere((value) => SEALED.test(value))).toEqual(fieldsOf(({ sealed }) => sealed));
    const paths = new Set(values().map(({ collection, path }) => `${collection} ${path}`));
    const secret = fieldsOf(({ exported }) =>
      typeof exported === 'object' && 'without' in exported ? exported.without : [],
    );
    expect(secret.filter((place) => !paths.has(place))).toEqual([]);

    await administer(server, operations.account.remove, account, {});
    const after = placesWhere(names);
    // What is sealed cannot be searched.
    const readable = ({ sealed, ofAccount }: ListedCollection) =>
      (ofAccount?.fields ?? []).filter((field) => !sealed.includes(field));
    const found = [...new Set([...before, ...meanwhile, ...after])].sort();
    expect(found).toEqual(fieldsOf(readable));
    expect(after).toEqual(fieldsOf((one) => (one.ofAccount?.kept ? readable(one) : [])));
  });
});

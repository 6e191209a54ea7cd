import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { permissionNames } from '../../src/capabilities/accounts/index.ts';
import { auditCatalogue } from '../../src/capabilities/audit/index.ts';
import { createLanguage } from '../../src/foundation/base/index.ts';
import { allOperations } from '../../src/use-cases/administration/index.ts';

const named = allOperations.map((operation) => [operation.name, operation] as const);

/** Changes of which another room writes the entry. */
const WRITTEN_ELSEWHERE: Readonly<Record<string, string>> = {
  'account unlock-all': 'it performs an unlock for each account, which writes one',
  'account end-session': 'the room of sessions writes it: people end their own in the same way',
  'account end-all-sessions': 'the credential event writes it, with all that ended',
  'policy end-sessions': 'the room of sessions writes it when the epoch of the population was raised',
};

/** What asks each record for its permission: `perform` does, or `run` shows only what the actor may see. */
const PER_RECORD = ['operation cancel', 'operation list', 'operation show'];

describe('ADM-6 the declarations', () => {
  test('only these ask a record for the permission', () => {
    const asking = allOperations.filter(({ permission }) => permission === 'per-record');
    expect(asking.map(({ name }) => name).sort()).toEqual(PER_RECORD);
  });

  test('names, summaries and paths are unique', () => {
    const values = (of: (one: (typeof allOperations)[number]) => string) => allOperations.map(of);
    for (const list of [
      values((o) => o.name),
      values((o) => o.summary),
      values((o) => `${o.method ?? o.effect} ${o.path}`),
    ])
      expect(new Set(list).size).toBe(list.length);
  });

  test.each(named)(
    '%s says in one sentence what it does, to what, and under which permission',
    (_, operation) => {
      const { name, summary, on, permission, path, input, effect, isSensitive, audit, mail } = operation;
      expect(name).toMatch(/^[a-z]+ [a-z-]+$/);
      expect(summary).toMatch(/^[A-Z][^.]+\.$/);
      if (permission !== 'per-record') expect(permissionNames).toContain(permission);
      const held = [...path.matchAll(/\{(\w+)\}/g)].map(([, word]) => word);
      const shape = Object.keys((input as unknown as { shape: object }).shape);
      const targets = {
        installation: [],
        area: [],
        tenant: ['tenant'],
        account: ['tenant', 'account'],
        application: ['application'],
        operation: ['operation'],
      }[on];
      expect(held.slice(0, targets.length)).toEqual(targets);
      for (const word of held.slice(targets.length)) expect(shape).toContain(word);
      if (effect === 'reads') expect([mail, isSensitive]).toEqual([undefined, undefined]);
      if (effect === 'reads')
        expect(audit?.startsWith('audit.')).toBe(name.startsWith('audit ') || undefined);
      if (isSensitive && on === 'account') expect(mail).toBeDefined();
    },
  );

  test.each(named.filter(([, { effect }]) => effect !== 'reads'))(
    'AUD-1 %s leaves an entry',
    (name, { audit }) => {
      if (name in WRITTEN_ELSEWHERE) return expect(audit).toBeUndefined();
      expect(Object.keys(auditCatalogue)).toContain(audit);
    },
  );

  test.each(named.flatMap(([name, { mail }]) => (mail ? [[name, mail] as const] : [])))(
    'ADM-5 the mail of %s has its texts',
    (_, mail) => {
      const say = createLanguage();
      for (const part of ['subject', 'text'])
        expect(say(`mail.${mail}.${part}`)).not.toBe(`mail.${mail}.${part}`);
    },
  );
});

/** What changes administrative state, and the files outside `src/use-cases/administration` that may call it. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  'accounts.create': ['doors/set-up/set-up.ts', 'doors/demo/samples.ts'],
  'accounts.claimIdentifiers': [],
  'accounts.replace': [],
  // The rooms that keep something of their own in the account, and what people do to themselves.
  'accounts.update': [
    'use-cases/credentials/factor-proofs.ts',
    'use-cases/credentials/own-factors.ts',
    'use-cases/credentials/password-proofs.ts',
    'doors/demo/samples.ts',
    'capabilities/lockout/lockout.ts',
    'doors/recovery/link-sender.ts',
    'capabilities/second-factor/kept-codes.ts',
    'capabilities/second-factor/passkeys.ts',
    'capabilities/second-factor/second-factor.ts',
    'capabilities/credential-events/sessions.ts',
  ],
  'accounts.remove': [],
  'tenants.create': ['doors/set-up/set-up.ts', 'doors/demo/samples.ts'],
  'tenants.changePolicy': [],
  'tenants.applyScheduled': [],
  'tenants.cancelScheduled': [],
  'tenants.setRole': [],
  'tenants.setException': [],
  'tenants.withdrawException': [],
  'tenants.raiseEpoch': ['capabilities/credential-events/population.ts'],
  'applications.create': ['doors/demo/samples.ts'],
  'applications.rotateSecret': [],
  'keys.rotate': [],
  'keys.reseal': ['core/build.ts'],
  'apiTokens.create': ['doors/demo/samples.ts'],
  'apiTokens.revoke': [],
  'apiSessions.endOfToken': [],
  'webhooks.create': [],
  'webhooks.change': [],
  'webhooks.giveUp': ['capabilities/webhooks/deliveries.ts'],
  'webhooks.rotateSecret': [],
  'webhooks.remove': [],
  'webhooks.reseal': ['core/build.ts'],
  'sessions.endOne': ['doors/self-service/sessions.ts'],
  'sessions.credentialEvent': [
    'use-cases/credentials/own-password.ts',
    'capabilities/lockout/lockout.ts',
    'doors/self-service/factor-changes.ts',
    'doors/sign-in/finish.ts',
  ],
  'sessions.endPopulation': [],
  'lockout.unlock': [],
  'secondFactors.bindKnown': [],
  'secondFactors.reseal': ['core/build.ts'],
  'trustedBrowsers.end': ['doors/self-service/factor-changes.ts'],
};

/** What these rooms offer beside that: it reads, or is of a person's own sign-in. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  accounts: ['byId', 'byName', 'identified', 'list', 'all', 'count'],
  tenants: ['byClientCode', 'byId', 'list', 'history'],
  applications: ['byId', 'isAdminOrigin', 'list', 'secretMatches'],
  keys: ['algorithms', 'current', 'list'],
  webhooks: ['list', 'named', 'byId', 'on', 'secretsOf'],
  apiTokens: ['list', 'bySecret', 'byTokenId'],
  sessions: ['live', 'endExpired', 'jobs'],
  lockout: ['shadowOf', 'reserve', 'stateOf'],
  secondFactors: ['verify'],
  trustedBrowsers: ['daysFor', 'isTrusted', 'begin', 'list', 'keeping', 'follow'],
};
const PORTS: Readonly<Record<string, readonly [file: string, name: string]>> = {
  accounts: ['capabilities/accounts/accounts.ts', 'Accounts'],
  tenants: ['capabilities/tenants/tenants.ts', 'Tenants'],
  applications: ['capabilities/applications/applications.ts', 'Applications'],
  keys: ['capabilities/signing-keys/keys.ts', 'Keys'],
  apiTokens: ['capabilities/api-access/tokens.ts', 'ApiTokens'],
  webhooks: ['capabilities/webhooks/webhooks.ts', 'Webhooks'],
  sessions: ['capabilities/credential-events/sessions.ts', 'Sessions'],
  lockout: ['capabilities/lockout/lockout.ts', 'Lockout'],
  secondFactors: ['capabilities/second-factor/second-factor.ts', 'SecondFactors'],
  trustedBrowsers: ['capabilities/second-factor/trusted-browsers.ts', 'TrustedBrowsers'],
};

const files = (readdirSync('src', { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));
const sources = files.map((file) => [file, readFileSync(`src/${file}`, 'utf8')] as const);
const outside = sources.filter(([file]) => !file.startsWith('use-cases/administration/'));

/** The names of an interface, as its file declares them. */
function membersOf(file: string, name: string): string[] {
  const [, text = ''] =
    new RegExp(`^export interface ${name} \\{\n([\\s\\S]*?)^\\}`, 'm').exec(
      readFileSync(`src/${file}`, 'utf8'),
    ) ?? [];
  return [...text.matchAll(/^ {2}(?:readonly )?(\w+)[(:<]/gm)].map(([, member = '']) => member);
}

describe('ADM-6 only operations change what administrators change', () => {
  test.each(Object.entries(PORTS))(
    'what %s offers is known to this test, as a change or as none',
    (room, [file, name]) => {
      const changes = Object.keys(CHANGES)
        .filter((one) => one.startsWith(`${room}.`))
        .map((one) => one.split('.')[1]);
      expect(membersOf(file, name).sort()).toEqual([...changes, ...(OTHERS[room] ?? [])].sort());
    },
  );

  test.each(Object.entries(CHANGES))('%s is called by these files only', (call, callers) => {
    const [room = '', method = ''] = call.split('.');
    const direct = new RegExp(`\\b${room}\\s*\\??\\.\\s*${method}\\b`);
    const calling = outside.filter(([, text]) => direct.test(text)).map(([file]) => file);
    expect(calling.sort()).toEqual([...callers].sort());
  });

  test('no file takes these functions out of their rooms under another name', () => {
    const rooms = Object.keys(PORTS).join('|');
    const taken = new RegExp(
      `\\} = (?:(?:\\w+\\.)*(?:core|parts)\\.)?(?:${rooms});|\\b(?:core|parts)\\.(?:${rooms})\\[`,
    );
    expect(outside.filter(([, text]) => taken.test(text)).map(([file]) => file)).toEqual([]);
  });

  test('the command line calls none of them at all', () => {
    const callers = Object.values(CHANGES).flat();
    expect(callers.filter((file) => file.startsWith('cli/'))).toEqual([]);
  });
});

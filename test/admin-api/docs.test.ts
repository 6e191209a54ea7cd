import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { machine } from '../support/admin-api.ts';
import { codeBlocksOf } from '../support/code-blocks.ts';
import { freshFolder } from '../support/folder.ts';
import { runScript, type ScriptLanguage } from '../support/script.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const blocks = codeBlocksOf('docs/admin-api.md');
const BEGINNING = 'Get a token for a script';
const LANGUAGES: readonly ScriptLanguage[] = ['sh', 'ts', 'python'];

let folder: ReturnType<typeof freshFolder>;
beforeEach(() => {
  folder = freshFolder();
});
afterEach(() => folder.remove());

/** What a task finds, and what it leaves behind. */
interface Scene {
  tenant: Tenant;
  account: Account;
  application: string;
  printed: string;
}

interface Task {
  /** Of a policy under which the task may be done. */
  preset?: string;
  prepare?(scene: Omit<Scene, 'printed'>): Promise<unknown>;
  check(scene: Scene): Promise<void>;
}

const locked = ({ account }: { account: Account }) =>
  server.core.accounts.update(account.id, (a) => ({ ...a, lock: { cause: 'password', at: 1 } }));

const factorOf = async (account: Account) => (await server.reread(account)).secondFactor.status;

const TASKS: Readonly<Record<string, Task>> = {
  'Find accounts': {
    prepare: locked,
    check: async ({ account, printed }) => {
      expect(printed).toContain(account.id);
      expect(printed).toContain('1970-01-01T00:00:01Z');
    },
  },
  'Create an account': {
    check: async ({ tenant, printed }) => {
      const made = (await server.core.accounts.byName(tenant.id, 'agent', '4711'))?.doc;
      expect(made).toMatchObject({ name: 'Ann Example' });
      expect(printed).toContain(made?.id);
    },
  },
  'Unlock an account': {
    prepare: locked,
    check: async ({ account, printed }) => {
      expect((await server.reread(account)).lock).toBeNull();
      expect(printed).toMatch(/true/i);
    },
  },
  'Ask why someone cannot sign in': {
    prepare: locked,
    check: async ({ printed }) => expect(printed).toContain('locked'),
  },
  'Set a password': {
    preset: 'livevox',
    check: async ({ account }) => {
      const { password } = await server.reread(account);
      expect(password?.temporary).toBeDefined();
      expect(password?.hash).not.toBe(account.password?.hash);
    },
  },
  'Enrol or reset a second factor': {
    check: async ({ account, printed }) => {
      expect(await factorOf(account)).toBe('pending');
      expect(printed).toContain('pending');
    },
  },
  'Issue a login code': {
    prepare: ({ account }) =>
      server.core.secondFactors.bindKnown(account.id, 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'),
    check: async ({ printed }) => expect(printed).toMatch(/[A-Z0-9]{4}-[A-Z0-9]{4}/),
  },
  'Preview and change the policy': {
    check: async ({ tenant }) => {
      const { policy, revision } = (await server.core.tenants.byId(tenant.id)) ?? tenant;
      expect(policy.password.expireAfterDays).toBe(60);
      expect(revision).toMatchObject({ n: 2, reason: 'audit of May' });
    },
  },
  'Rotate the secret of an application': {
    check: async ({ application, printed }) => {
      const secret = /[A-Za-z0-9_-]{40,}/.exec(printed)?.[0] ?? '';
      expect(await server.core.applications.secretMatches(application, secret)).toBe(true);
    },
  },
  'End the sessions of a person': {
    check: async ({ account }) => {
      expect((await server.reread(account)).epoch).toBeGreaterThan(account.epoch);
    },
  },
};

const cases = Object.entries(TASKS).flatMap(([heading, task]) =>
  LANGUAGES.map((language) => ({ heading, language, task })),
);

function textOf(heading: string, language: ScriptLanguage): string {
  const isBeginning = heading === BEGINNING;
  const found = blocks.filter((block) => block.heading === heading && block.language === language);
  // The first one of the shell is the command that registers the machine.
  return (isBeginning && language === 'sh' ? found.slice(1) : found).map(({ text }) => text).join('');
}

/** Run by the tests of clients and tools. */
const ELSEWHERE = ['A client with types', 'A tool for people'];

describe('the examples of the documentation', () => {
  test('ADM-1 every example is run, and every task is shown in three languages', () => {
    const shown = blocks.filter(({ heading }) => ![BEGINNING, ...ELSEWHERE].includes(heading));
    const kinds = shown.map(({ heading, language }) => `${heading}: ${language}`);
    expect(kinds).toEqual(cases.map(({ heading, language }) => `${heading}: ${language}`));
    expect(new Set(Object.keys(TASKS)).size).toBe(10);
  });

  test.each(cases)('ADM-1 $heading, in $language, does what it says', async ({ heading, language, task }) => {
    const tenant = await server.tenant(task.preset ?? 'modern');
    const account = await server.account(tenant, { population: 'agent' });
    const { id, secret } = await machine(server, tenant);
    const application = await server.application({ tenantId: tenant.id });
    const scene = { tenant, account, application: application.id };
    await task.prepare?.(scene);
    const text = [BEGINNING, heading]
      .map((name) => textOf(name, language))
      .join('\n')
      .replaceAll('ACME', tenant.clientCode)
      .replaceAll('acme-reports', application.id);
    const environment = { ISSUER: server.issuer, CLIENT_ID: id, CLIENT_SECRET: secret, ACCOUNT: account.id };
    const printed = await runScript({ language, text }, folder.path, environment);
    await task.check({ ...scene, printed });
  });
});

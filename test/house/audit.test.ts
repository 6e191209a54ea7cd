import { describe, expect, test } from '@jest/globals';
import { type AuditKind, auditCatalogue } from '../../src/capabilities/audit/index.ts';
import { startApp } from '../support/app.ts';
import { unnamed } from '../support/audit-names.ts';

const kinds = Object.entries<AuditKind>(auditCatalogue);

describe('AUD-1 the catalogue of audit events', () => {
  test.each(kinds)('%s has a sentence, and names each field once', (_, { means, fields = [] }) => {
    expect(means).toMatch(/^[A-Z].*\.$/);
    expect(new Set(fields).size).toBe(fields.length);
  });

  test.each([
    ['account.role', { before: 'Agent', after: 'Manager' }, []],
    ['account.role', { before: 'Agent', password: 'x' }, ['account.role password']],
    ['account.status', { anything: 1 }, ['account.status anything']],
    ['policy.changed', { revision: 2, 'lockout.user': '5 -> 3' }, []],
    ['policy.changed', { revision: 2, 'lockout.nothing': '5 -> 3' }, ['policy.changed lockout.nothing']],
    ['credential.event', { kind: 'disabled', event: 'e', browserSessions: 2 }, []],
    ['credential.event', { browsers: 2 }, ['credential.event browsers']],
  ] as const)('of a detail of %s with %j it does not name %j', (type, detail, names) => {
    expect(unnamed({ type, detail })).toEqual(names);
  });

  test('a story whose audit says what the catalogue does not name fails at its end', async () => {
    const server = await startApp();
    await server.core.audit.write({ type: 'account.role', outcome: 'success', detail: { forgotten: 1 } });
    await expect(server.close()).rejects.toThrow('account.role forgotten');
  });
});

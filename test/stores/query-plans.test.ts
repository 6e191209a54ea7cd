import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from '@jest/globals';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

function plan(file: string, sql: string): string {
  const database = new DatabaseSync(join(server.folder, `${file}.sqlite`), { readOnly: true });
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
  database.close();
  return rows.map((row) => row.detail).join('; ');
}

const field = (name: string) => `json_extract(body, '$.${name}')`;

test.each([
  [
    'documents',
    `SELECT * FROM accounts WHERE ${field('tenantId')} = 'a' AND ${field('population')} = 'user' AND ${field('nameKey')} = 'x'`,
  ],
  [
    'documents',
    `SELECT * FROM accounts WHERE ${field('tenantId')} = 'a' AND (${field('population')}, ${field('nameKey')}, id) > ('user', 'x', 'y') ORDER BY ${field('population')}, ${field('nameKey')}, id LIMIT 50`,
  ],
  ['documents', `SELECT * FROM tenants WHERE ${field('codeKey')} = 'ACME'`],
  ['documents', `SELECT * FROM audit WHERE ${field('accountId')} = 'a' ORDER BY id LIMIT 10`],
  ['ephemeral', "SELECT * FROM record WHERE kind = 'Session' AND id = 'x' AND expires_at > 1 AND buried = 0"],
  [
    'ephemeral',
    "SELECT m.id FROM member m JOIN record r ON r.kind = m.kind AND r.id = m.id WHERE m.kind = 'Session' AND m.name = 'account' AND m.key = 'x'",
  ],
  ['ephemeral', 'SELECT kind, id FROM record WHERE expires_at <= 1 AND expires_at + linger <= 1 LIMIT 10'],
  ['ephemeral', "SELECT id FROM expiry WHERE kind = 'Session' AND at <= 1 ORDER BY at LIMIT 10"],
  [
    'ephemeral',
    "UPDATE record SET expires_at = 2 WHERE kind = 'ApiSession' AND id = 'x' AND expires_at > 1 AND buried = 0 AND EXISTS (SELECT 1 FROM member WHERE kind = 'ApiSession' AND name = 'tenant' AND key = 'a' AND id = 'x')",
  ],
  [
    'documents',
    `SELECT * FROM jobs WHERE ${field('lane')} = 'inside' ORDER BY ${field('dueAt')}, id LIMIT 4`,
  ],
  [
    'documents',
    `SELECT * FROM logoutDeliveries WHERE ${field('applicationId')} = 'a' AND ${field('state')} = 'pending' ORDER BY id DESC LIMIT 100`,
  ],
  ['documents', `SELECT * FROM apiTokens WHERE ${field('hash')} = 'x'`],
  ['ephemeral', "SELECT COUNT(*) FROM lease WHERE key = 'x'"],
])('every query runs on an index (%s: %s)', (file, sql) => {
  expect(plan(file, sql)).not.toMatch(/SCAN|TEMP B-TREE/);
  expect(plan(file, sql)).toMatch(/SEARCH/);
});

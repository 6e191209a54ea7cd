import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { machine } from '../support/admin-api.ts';
import { runCommand } from '../support/command.ts';
import { freshFolder } from '../support/folder.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const FORMULA = '=HYPERLINK("http://evil.example")';

/** A tenant with entries of which the first was made by a browser that calls itself a formula. */
async function told(count: number) {
  const tenant = await server.tenant();
  const event = { type: 'account.unlocked', outcome: 'success', tenantId: tenant.id } as const;
  for (let n = 0; n < count; n++)
    server.core.audit.note({ ...event, browser: n === 0 ? FORMULA : 'x', reason: `number ${n}, "quoted"` });
  await server.core.audit.flush();
  return { tenant, api: await machine(server, tenant) };
}

describe('AUD-1 the export of the audit', () => {
  test('as JSON lines holds every entry once, the newest first, over several pages', async () => {
    const { api } = await told(600);
    let [file, after, pages] = ['', '', 0];
    do {
      const path = `/audit/export?type=account.unlocked${after && `&after=${after}`}`;
      const { status, body } = await api.get(path);
      expect(status).toBe(200);
      file += body.content;
      after = body.next ?? '';
      pages++;
    } while (after);
    const entries = file
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(pages).toBe(2);
    expect(entries.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 600 }, (_, n) => `number ${599 - n}, "quoted"`),
    );
    expect(entries[0].at).toMatch(/Z$/);
    const { body } = await api.get('/audit?type=audit.exported');
    expect(body.entries).toMatchObject([
      { actor: `application:${api.id}`, detail: { type: 'account.unlocked', format: 'jsonl' } },
    ]);
  });

  test('as CSV has one line of names, quotes what needs it, and runs no formula', async () => {
    const { api } = await told(2);
    const { body } = await api.get('/audit/export?type=account.unlocked&format=csv');
    const [head, ...rows] = body.content.trimEnd().split('\n');
    expect(head).toBe(
      'id,at,type,outcome,actor,tenantId,accountId,applicationId,address,browser,factor,reason,detail',
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain(',x,,"number 1, ""quoted""",{}');
    expect(rows[1]).toContain(`,"'${FORMULA.replaceAll('"', '""')}",`);
  });

  test('by the command goes to a new file of its owner, or to the standard output', async () => {
    const folder = freshFolder();
    const environment = {
      SALLYPORT_DATA: join(folder.path, 'data'),
      SALLYPORT_ISSUER: 'http://localhost:3000',
    };
    try {
      await runCommand(['check'], environment);
      await runCommand(['tenant', 'create', '--client-code', 'ACME'], environment);
      const out = join(folder.path, 'audit.csv');
      const argv = ['audit', 'export', '--type', 'tenant.created'];
      const toFile = [...argv, '--format', 'csv', '--out', out];
      expect(await runCommand(toFile, environment)).toMatchObject({
        code: 0,
        stdout: `1 entries are in ${out}.\n`,
      });
      expect(readFileSync(out, 'utf8').split('\n')).toHaveLength(3);
      expect(statSync(out).mode & 0o777).toBe(0o600);
      expect(await runCommand(toFile, environment)).toMatchObject({ code: 1 });
      const { stdout } = await runCommand(argv, environment);
      expect(JSON.parse(stdout)).toMatchObject({ type: 'tenant.created', actor: 'command-line' });
    } finally {
      folder.remove();
    }
  });
});

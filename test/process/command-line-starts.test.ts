import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from '@jest/globals';
import { runCommand } from '../support/command.ts';
import { installationForEach } from '../support/installation.ts';
import { runProcess } from '../support/process.ts';

const home = installationForEach();
const { environment, start, command } = home;

describe('what a start refuses', () => {
  test('SEC-2 another master key: it says so, and harms nothing', async () => {
    await command('check');
    await command('tenant create --client-code ACME');
    const wrong = await runProcess(['start'], { ...environment, SALLYPORT_MASTER_KEY: 'ab'.repeat(32) });
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      'sallyport: the master key is not the one that these documents were sealed with\n',
    ]);
    expect((await command('tenant list')).stdout).toContain('ACME');
  });

  test('SEC-2 a master key that is gone is said, not replaced', async () => {
    await command('check');
    await command('tenant create --client-code ACME');
    const file = join(home.folder, 'data', 'master-key');
    const key = readFileSync(file);
    writeFileSync(file, '');
    expect((await command('check')).stderr).toContain('must be 32 bytes');
    rmSync(file);
    expect((await command('check')).stderr).toContain('is gone; put it back');
    writeFileSync(file, key);
    expect((await command('check')).code).toBe(0);
  });

  test('F13 a damaged documents file is refused and never replaced by an empty one', async () => {
    await command('check');
    await command('tenant create --client-code ACME');
    const file = join(home.folder, 'data', 'documents.sqlite');
    const bytes = readFileSync(file);
    for (const damage of [
      Buffer.concat([Buffer.from('garbage!garbage!'), bytes.subarray(16)]),
      bytes.subarray(0, 5_000),
      Buffer.concat([bytes.subarray(0, 4_096), Buffer.alloc(bytes.length - 4_096, 0xff)]),
    ]) {
      writeFileSync(file, damage);
      const ended = await runProcess(['start'], environment);
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/documents\.sqlite|damaged|malformed/);
      expect(readFileSync(file).equals(damage)).toBe(true);
    }
    writeFileSync(file, bytes);
    expect((await command('tenant list')).stdout).toContain('ACME');
  });

  test('F13 OPS-1 a large file is not read through at every start; check does, and names the damage', async () => {
    await command('check');
    await command('tenant create --client-code ACME');
    const file = join(home.folder, 'data', 'documents.sqlite');
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE ballast (id INTEGER PRIMARY KEY, body BLOB)');
    database.exec(
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70) INSERT INTO ballast SELECT i, randomblob(1048576) FROM n',
    );
    database.close();
    expect((await command('check')).code).toBe(0);
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(8_192, 0xff), 0, 8_192, statSync(file).size - 8_192 * 40);
    closeSync(handle);
    expect((await command('tenant list')).stdout).toContain('ACME');
    expect(await command('check')).toMatchObject({ code: 1, stderr: expect.stringMatching(/damaged/) });
  });

  test('a data folder that cannot be written', async () => {
    const file = join(home.folder, 'a-file');
    writeFileSync(file, '');
    const ended = await runProcess(['start'], { ...environment, SALLYPORT_DATA: join(file, 'data') });
    expect([ended.code, ended.stderr.split('\n').length]).toEqual([1, 2]);
    expect(ended.stderr).toMatch(/^sallyport: .*a-file/);
  });

  test('OPS-2 wrong settings are all named at once', async () => {
    const config = join(home.folder, 'settings.yaml');
    writeFileSync(config, 'issuer: http://sign-in.example.org/path\nlisten:\n  port: seventy\nlockout: 3\n');
    const ended = await runCommand(['--config', config, 'check'], {
      SALLYPORT_MAIL_URL: 'ftp://x',
      SALLYPORT_NONSENSE: '1',
    });
    expect(ended.code).toBe(1);
    for (const key of ['issuer:', 'listen.port:', 'lockout:', 'mail.url:', 'SALLYPORT_NONSENSE:'])
      expect(ended.stderr).toContain(key);
  });

  test('a port in use', async () => {
    await start();
    const second = await runProcess(['start'], environment);
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('the port is in use')]);
  });
});

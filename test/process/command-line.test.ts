import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CALLBACK, isIn, PASSWORD, SECRET } from '../support/app.ts';
import { RelyingApplication } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { freshFolder } from '../support/folder.ts';
import { freePort } from '../support/port.ts';
import { type RunningProcess, runProcess, startProcess } from '../support/process.ts';
import { codeOf } from '../support/story.ts';

let folder: ReturnType<typeof freshFolder>;
let environment: Record<string, string>;
let issuer: string;
const running: RunningProcess[] = [];

beforeEach(async () => {
  folder = freshFolder();
  const port = await freePort();
  issuer = `http://localhost:${port}`;
  environment = {
    SALLYPORT_DATA: join(folder.path, 'data'),
    SALLYPORT_PORT: String(port),
    SALLYPORT_ISSUER: issuer,
  };
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  folder.remove();
});

async function start(): Promise<RunningProcess> {
  const server = startProcess(['start'], environment);
  running.push(server);
  await server.says('"listening"');
  return server;
}

const command = (args: string, input = '') => runCommand(args.split(' '), environment, input);
const PERSON = '--tenant ACME --population user --user-name ann';

async function prepare(): Promise<RelyingApplication> {
  await command('check');
  await command('tenant create --client-code ACME --preset livevox');
  await command(`account create ${PERSON} --password-stdin --permanent`, `${PASSWORD}\n`);
  const created = await command(
    `application create --id desk --kind web --redirect-uri ${CALLBACK} --first-party --json`,
  );
  const { secret } = JSON.parse(created.stdout) as { secret: string };
  return RelyingApplication.discover(issuer, 'desk', secret);
}

async function signIn(relying: RelyingApplication, password = PASSWORD): Promise<Browser> {
  const browser = new Browser(issuer);
  await browser.open(await relying.request());
  await browser.submit({ clientCode: 'ACME', userName: 'ann', password }, '/password');
  return browser;
}

describe('the real process', () => {
  test('OPS-1 ADM-4 a first start makes its key and store, prints a one-time link, and stops when told to', async () => {
    const server = await start();
    await server.says('/set-up?token=');
    const keyFile = join(folder.path, 'data', 'master-key');
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(server.output()).toContain('a master key was made');
    server.child.kill('SIGTERM');
    const { code, stderr } = await server.ended;
    expect([code, stderr]).toEqual([0, '']);
  });

  test('OPS-1 eight first starts at once on one empty folder: each finds it sound', async () => {
    const ended = await Promise.all(Array.from({ length: 8 }, () => runProcess(['check'], environment)));
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(Array(8).fill([0, '']));
  });

  test('ADM-4 S13 S48 the set-up link makes one operator, once; then its route is gone and no start prints another', async () => {
    let server = await start();
    await server.says('/set-up?token=');
    const link = /http\S+set-up\?token=\S+/.exec(server.output())?.[0] ?? '';
    const browser = new Browser(issuer);
    expect(await browser.open(link)).toMatchObject({ status: 200, step: 'set-up' });
    expect(await browser.open(`${issuer}/set-up?token=wrong`)).toMatchObject({ status: 400 });
    await browser.open(link);
    const fields = { userName: 'operator', newPassword: 'long enough', newPasswordAgain: 'long enough' };
    expect((await browser.submit({ ...fields, newPasswordAgain: 'different' })).alert).toContain(
      'not the same',
    );
    expect(
      (await browser.submit({ ...fields, newPassword: 'short', newPasswordAgain: 'short' })).alert,
    ).toContain('fewer than 8');
    expect((await browser.submit({ ...fields, userName: ' ' })).alert).toContain('empty');
    const { token } = Object.fromEntries(new URL(link).searchParams) as { token: string };
    const posts = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const rival = new Browser(issuer);
        await rival.open(link);
        return rival.post('/set-up', { token, ...fields, userName: `operator${i}` });
      }),
    );
    expect(posts.filter((page) => page.step === 'set-up-done')).toHaveLength(1);
    expect((await browser.open(link)).status).toBe(400);
    const listed = JSON.parse((await command('account list --tenant OPERATOR --json')).stdout) as {
      accounts: { role: string }[];
    };
    expect(listed.accounts.map((a) => a.role)).toEqual(['SysAdmin']);
    server.child.kill('SIGTERM');
    await server.ended;
    server = await start();
    server.child.kill('SIGTERM');
    expect((await server.ended).stdout).not.toContain('set-up');
  });

  test('OPS-1 R3 V4 kill -9 in the middle of a sign-in loses nobody: the half-done one goes on, sessions and tokens live', async () => {
    const server = await start();
    const relying = await prepare();
    const done = await signIn(relying);
    const tokens = await relying.exchange(done.page.url);
    const half = new Browser(issuer);
    await half.open(await relying.request());
    server.child.kill('SIGKILL');
    await server.ended;
    await start();
    expect(
      isIn(await half.submit({ clientCode: 'ACME', userName: 'ann', password: PASSWORD }, '/password')),
    ).toBe(true);
    expect((await done.open(await relying.request({ prompt: 'none' }))).url).toContain('code=');
    const next = await relying.refresh(tokens);
    expect((await relying.userinfo(next)).sub).toBe(tokens.claims()?.sub);
    // V4: what was spent before the crash stays spent.
    await expect(relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('S25 counts of wrong passwords survive a kill -9', async () => {
    const server = await start();
    const relying = await prepare();
    for (let i = 0; i < 4; i++) await signIn(relying, 'wrong 123456');
    server.child.kill('SIGKILL');
    await server.ended;
    await start();
    expect((await signIn(relying, 'wrong 123456')).page.step).toBe('locked');
  });
});

describe('commands', () => {
  test('a command is noticed by the running server within a second: tenants, accounts, applications, unlock', async () => {
    await start();
    const relying = await prepare();
    for (let i = 0; i < 5; i++) await signIn(relying, 'wrong 123456');
    expect((await signIn(relying)).page.step).toBe('locked');
    expect((await command(`account show ${PERSON}`)).stdout).toContain('"cause":"password"');
    expect(await command(`account unlock ${PERSON}`)).toMatchObject({
      code: 0,
      stdout: 'ann is unlocked.\n',
    });
    expect(isIn((await signIn(relying)).page)).toBe(true);
    expect((await command(`account disable ${PERSON}`)).code).toBe(0);
    expect((await signIn(relying)).page.step).toBe('password');
    expect((await command(`account enable ${PERSON}`)).code).toBe(0);
    expect(isIn((await signIn(relying)).page)).toBe(true);
  });

  test('PWD-7 account set-password makes a temporary one unless told otherwise, and prints a made one once', async () => {
    await start();
    const relying = await prepare();
    const made =
      /shown once: (\S+)/.exec((await command(`account set-password ${PERSON}`)).stdout)?.[1] ?? '';
    expect((await signIn(relying, made)).page.step).toBe('change-password');
    expect(
      (await command(`account set-password ${PERSON} --password-stdin --permanent`, 'chosen one 1\n')).code,
    ).toBe(0);
    expect(isIn((await signIn(relying, 'chosen one 1')).page)).toBe(true);
    expect(await command(`account set-password ${PERSON} --password-stdin`, 'x\n')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^sallyport: The password cannot be used\. It has fewer than 8 characters\. It has no digit \(0 to 9\)\.\n$/,
      ),
    });
  });

  test('MFA-3 account enrol asks for a set-up at the next sign-in; --totp-secret-stdin is active at once', async () => {
    await start();
    const relying = await prepare();
    expect((await command(`account enrol ${PERSON}`)).code).toBe(0);
    expect((await signIn(relying)).page.step).toBe('activate');
    await command(
      'account create --tenant ACME --population user --user-name bob --password-stdin --totp-secret-stdin --permanent',
      `${PASSWORD}\n${SECRET}\n`,
    );
    const browser = new Browser(issuer);
    await browser.open(await relying.request());
    expect(
      (await browser.submit({ clientCode: 'ACME', userName: 'bob', password: PASSWORD }, '/password')).step,
    ).toBe('second-factor');
    expect(isIn(await browser.submit({ code: codeOf(SECRET) }))).toBe(true);
    expect(await command('account enrol --tenant ACME --population user --user-name bob')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('active'),
    });
  });

  test.each([
    ['tenant create --client-code A', 1, 'A client code has 2 to 32'],
    ['tenant create --client-code ACME --preset nothing', 1, 'There is no preset nothing'],
    ['tenant create', 2, "required option '--client-code <code>' not specified"],
    ['account create --tenant NOBODY --population user --user-name x', 1, 'There is no tenant NOBODY'],
    ['account create --tenant NOBODY --population robot --user-name x', 1, 'the population is user or agent'],
    ['application create --id desk --kind web', 1, 'at least one redirect URI'],
    ['application create --id desk --kind web --redirect-uri http://evil.example/', 1, 'must be https'],
    ['application create --id desk --kind web --redirect-uri https://ok.example/*', 1, 'no wildcards'],
    ['application create --id desk --kind spa --redirect-uri https://ok.example/#x', 1, 'fragment'],
    [
      'application create --id desk --kind web --redirect-uri https://ok.example/ --secret-stdin',
      1,
      'standard input has no line 1',
    ],
    ['nonsense', 2, "unknown command 'nonsense'"],
    ['tenant list --nonsense', 2, "unknown option '--nonsense'"],
  ])('%s exits with %i and one line that says why', async (args, code, reason) => {
    await command('check');
    const ended = await command(args);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(reason);
    expect(ended.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  });

  test.each([
    ['a secret with ä, and long enough'],
    ['a secret with \u00a0 in it, long enough'],
    ['a secret with a \t tab, long enough'],
    ['a secret with an emoji \u{1f511} in it'],
  ])('OPS-2 a client secret on standard input that is not printable ASCII is refused: %j', async (secret) => {
    await command('check');
    const create =
      'application create --id desk --kind web --redirect-uri https://ok.example/ --secret-stdin';
    expect(await command(create, `${secret}\n`)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^sallyport: .*printable ASCII.*\n$/),
    });
    // Nothing was made: the name is free.
    expect(
      (await command(create, 'a secret of plain letters, long enough for every rule: 12345\n')).code,
    ).toBe(0);
  });

  test('OPS-6 the program itself exits with the status, reads its standard input, and parts what it says from what is wrong', async () => {
    await command('check');
    const site = await runProcess(['tenant', 'create', '--client-code', 'ACME'], environment);
    expect(site).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('ACME') });
    const create = `account create ${PERSON} --password-stdin --permanent`.split(' ');
    expect(await runProcess(create, environment, `${PASSWORD}\n`)).toMatchObject({ code: 0, stderr: '' });
    const refused = await runProcess(create, environment, `${PASSWORD}\n`);
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^sallyport: .+\n$/),
    });
    expect(await runProcess(['nonsense'], environment)).toMatchObject({ code: 2, stdout: '' });
  });

  test('TEN-1 a client code is taken once, in whatever case', async () => {
    await command('check');
    expect((await command('tenant create --client-code Acme')).code).toBe(0);
    expect(await command('tenant create --client-code ACME')).toMatchObject({
      code: 1,
      stderr: 'sallyport: The client code is taken.\n',
    });
    expect(JSON.parse((await command('tenant list --json')).stdout)).toMatchObject({
      tenants: [{ clientCode: 'ACME' }],
    });
  });

  test('ACC-2 a name that differs by case, width or form only is refused', async () => {
    await command('check');
    await command('tenant create --client-code ACME --preset livevox');
    expect((await command('account create --tenant ACME --population user --user-name Ann')).code).toBe(0);
    for (const name of ['ann', 'ANN', 'Ａnn']) {
      expect(
        await command(`account create --tenant ACME --population user --user-name ${name}`),
      ).toMatchObject({ code: 1 });
    }
    expect((await command('account create --tenant ACME --population agent --user-name ann')).code).toBe(0);
  });
});

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
    const file = join(folder.path, 'data', 'master-key');
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
    const file = join(folder.path, 'data', 'documents.sqlite');
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
    const file = join(folder.path, 'data', 'documents.sqlite');
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
    const file = join(folder.path, 'a-file');
    writeFileSync(file, '');
    const ended = await runProcess(['start'], { ...environment, SALLYPORT_DATA: join(file, 'data') });
    expect([ended.code, ended.stderr.split('\n').length]).toEqual([1, 2]);
    expect(ended.stderr).toMatch(/^sallyport: .*a-file/);
  });

  test('OPS-2 wrong settings are all named at once', async () => {
    const config = join(folder.path, 'settings.yaml');
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

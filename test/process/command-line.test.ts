import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { ANN, installationForEach } from '../support/installation.ts';
import { runProcess } from '../support/process.ts';
import { codeOf } from '../support/story.ts';

const home = installationForEach();
const { environment, start, command, prepare, signIn } = home;

describe('commands', () => {
  test('a command is noticed by the running server within a second: tenants, accounts, applications, unlock', async () => {
    await start();
    const relying = await prepare();
    for (let i = 0; i < 5; i++) await signIn(relying, 'wrong 123456');
    expect((await signIn(relying)).page.step).toBe('locked');
    expect((await command(`account show ${ANN}`)).stdout).toContain('"cause":"password"');
    expect(await command(`account unlock ${ANN}`)).toMatchObject({
      code: 0,
      stdout: 'ann is unlocked.\n',
    });
    expect(isIn((await signIn(relying)).page)).toBe(true);
    expect((await command(`account disable ${ANN}`)).code).toBe(0);
    expect((await signIn(relying)).page.step).toBe('password');
    expect((await command(`account enable ${ANN}`)).code).toBe(0);
    expect(isIn((await signIn(relying)).page)).toBe(true);
  });

  test('PWD-7 account set-password makes a temporary one unless told otherwise, and prints a made one once', async () => {
    await start();
    const relying = await prepare();
    const made = /shown once: (\S+)/.exec((await command(`account set-password ${ANN}`)).stdout)?.[1] ?? '';
    expect((await signIn(relying, made)).page.step).toBe('change-password');
    expect(
      (await command(`account set-password ${ANN} --password-stdin --permanent`, 'chosen one 1\n')).code,
    ).toBe(0);
    expect(isIn((await signIn(relying, 'chosen one 1')).page)).toBe(true);
    expect(await command(`account set-password ${ANN} --password-stdin`, 'x\n')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^sallyport: The password cannot be used\. It has fewer than 8 characters\. It has no digit \(0 to 9\)\.\n$/,
      ),
    });
  });

  test('MFA-3 account enrol asks for a set-up at the next sign-in; --totp-secret-stdin is active at once', async () => {
    await start();
    const relying = await prepare();
    expect((await command(`account enrol ${ANN}`)).code).toBe(0);
    expect((await signIn(relying)).page.step).toBe('activate');
    await command(
      'account create --tenant ACME --population user --user-name bob --password-stdin --totp-secret-stdin --permanent',
      `${PASSWORD}\n${SECRET}\n`,
    );
    const browser = new Browser(home.issuer);
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
    ['account create --tenant NOWHERE --population user --user-name x', 1, 'There is no tenant NOWHERE'],
    [
      'account create --tenant NOWHERE --population robot --user-name x',
      1,
      'the population is user or agent',
    ],
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
    const create = `account create ${ANN} --password-stdin --permanent`.split(' ');
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

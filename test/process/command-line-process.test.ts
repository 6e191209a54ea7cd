import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { installationForEach } from '../support/installation.ts';
import { runProcess } from '../support/process.ts';

const home = installationForEach();
const { environment, start, command, prepare, signIn } = home;

describe('the real process', () => {
  test('OPS-1 ADM-4 a first start makes its key and store, prints a one-time link, and stops when told to', async () => {
    const server = await start();
    await server.says('/set-up?token=');
    const keyFile = join(home.folder, 'data', 'master-key');
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

  test('ADM-4 S13 the set-up link makes one operator, once; then its route is gone and no start prints another', async () => {
    let server = await start();
    await server.says('/set-up?token=');
    const link = /http\S+set-up\?token=\S+/.exec(server.output())?.[0] ?? '';
    const browser = new Browser(home.issuer);
    expect(await browser.open(link)).toMatchObject({ status: 200, step: 'set-up' });
    expect(await browser.open(`${home.issuer}/set-up?token=wrong`)).toMatchObject({ status: 400 });
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
        const rival = new Browser(home.issuer);
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

  test('R3 V4 kill -9 in the middle of a sign-in loses no one: the half-done one continues, sessions and tokens live', async () => {
    const server = await start();
    const relying = await prepare();
    const done = await signIn(relying);
    const tokens = await relying.exchange(done.page.url);
    const half = new Browser(home.issuer);
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

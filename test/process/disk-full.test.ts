import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CALLBACK, isIn, PASSWORD } from '../support/app.ts';
import { RelyingApplication } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { freshFolder } from '../support/folder.ts';
import { statusOf } from '../support/instances.ts';
import { freePort } from '../support/port.ts';
import { type RunningProcess, startProcess } from '../support/process.ts';

let folder: ReturnType<typeof freshFolder>;
let environment: Record<string, string>;
let issuer: string;
let server: RunningProcess;

beforeEach(async () => {
  folder = freshFolder();
  const port = await freePort();
  issuer = `http://localhost:${port}`;
  environment = {
    SALLYPORT_DATA: join(folder.path, 'data'),
    SALLYPORT_PORT: String(port),
    SALLYPORT_ISSUER: issuer,
  };
  server = startProcess(['start'], environment);
  await server.says('"listening"');
});
afterEach(async () => {
  server.child.kill('SIGKILL');
  await server.ended;
  folder.remove();
});

const command = (args: string, input = '') => runCommand(args.split(' '), environment, input);

/** As on a full disk: no file of the process grows any more, or all may again. */
function letFilesGrow(isAllowed: boolean) {
  const limit = `--fsize=${isAllowed ? 'unlimited' : '1'}:unlimited`;
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(server.child.pid), limit], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`prlimit: ${stderr}`);
}

test('F10 I2 a full disk: writes are 503, readiness says so, nothing is made again, and it goes on when there is room', async () => {
  await command('check');
  await command('tenant create --client-code ACME --preset livevox');
  for (const name of ['ann', 'ben'])
    await command(
      `account create --tenant ACME --population user --user-name ${name} --password-stdin --permanent`,
      `${PASSWORD}\n`,
    );
  const created = await command(
    `application create --id desk --kind web --redirect-uri ${CALLBACK} --first-party --json`,
  );
  const relying = await RelyingApplication.discover(
    issuer,
    'desk',
    (JSON.parse(created.stdout) as { secret: string }).secret,
  );
  const signIn = async (userName: string, password = PASSWORD) => {
    const browser = new Browser(issuer);
    const page = await browser.open(await relying.request());
    return page.status === 200
      ? browser.submit({ clientCode: 'ACME', userName, password }, '/password')
      : page;
  };
  const tokens = await relying.exchange((await signIn('ann')).url);
  for (let i = 0; i < 5; i++) await signIn('ben', 'wrong 123456');
  const half = new Browser(issuer);
  const { url } = await half.open(await relying.request());

  letFilesGrow(false);
  const typed = await half.submit({ clientCode: 'ACME', userName: 'ann', password: PASSWORD }, '/password');
  expect(typed).toMatchObject({ status: 503, step: 'error' });
  expect(typed.html).not.toMatch(/sqlite|disk|\.ts/);
  expect((await signIn('ann')).status).toBe(503);
  await expect(relying.refresh(tokens)).rejects.toMatchObject({
    cause: expect.objectContaining({ status: 503 }),
  });
  expect(await statusOf(`${issuer}/health/ready`)).toBe(503);
  expect(await statusOf(`${issuer}/health/live`)).toBe(200);
  // What only reads tells the truth.
  expect((await relying.userinfo(tokens)).sub).toBe(tokens.claims()?.sub);

  letFilesGrow(true);
  await eventually(
    () => statusOf(`${issuer}/health/ready`),
    (status) => status === 200,
  );
  expect(isIn(await signIn('ann'))).toBe(true);
  expect((await signIn('ben')).step).toBe('locked');
  await half.open(url);
  expect(
    isIn(await half.submit({ clientCode: 'ACME', userName: 'ann', password: PASSWORD }, '/password')),
  ).toBe(true);
  const next = await relying.refresh(tokens);
  expect((await relying.userinfo(next)).sub).toBe(tokens.claims()?.sub);
  server.child.kill('SIGTERM');
  await server.ended;
  for (const file of ['documents', 'ephemeral']) {
    const database = new DatabaseSync(join(folder.path, 'data', `${file}.sqlite`));
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  }
});

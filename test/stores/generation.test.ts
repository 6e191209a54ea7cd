import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createApp } from '../../src/app.ts';
import { openCore } from '../../src/core/index.ts';
import { createLog, systemClock } from '../../src/foundation/base/index.ts';
import { readMasterKeys } from '../../src/foundation/settings/index.ts';
import { isIn, PASSWORD, SECRET, type StartedApp, startApp } from '../support/app.ts';
import { codeOf, type Story, story } from '../support/story.ts';
import { holdTime } from '../support/time.ts';

let server: StartedApp;
beforeEach(async () => {
  server = await startApp();
});
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await server.close();
});

/** Stops the server, does something to its stores, and starts it again on the same folder and port. */
async function restart(between: () => void) {
  await server.app.close();
  await server.core.close();
  between();
  const { settings } = server.core;
  const core = await openCore({
    settings,
    masterKeys: readMasterKeys(settings).keys,
    clock: systemClock,
    log: createLog('silent'),
  });
  const app = await createApp(core, { log: createLog('silent') });
  await app.listen();
  // Kept connections to the former server end with the first request on each.
  for (let i = 0; i < 8; i++) await fetch(`${server.issuer}/health/live`).catch(() => {});
  closers.push(
    () => app.close(),
    () => core.close(),
  );
  return core;
}

function loseEphemeral() {
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(server.folder, `ephemeral.sqlite${suffix}`), { force: true });
}

function reboot() {
  const database = new DatabaseSync(join(server.folder, 'ephemeral.sqlite'));
  database.exec("UPDATE generation SET boot = 'another boot'");
  database.close();
}

async function lockedOut(tale: Story) {
  await tale.begin();
  for (let i = 0; i < 5; i++) await tale.typePassword('wrong 123456');
}

describe('an ephemeral store that is lost as a whole', () => {
  test('F5 S25 people sign in again; locks stand; no code that was spent is accepted', async () => {
    const time = holdTime();
    try {
      time.toStepStart(2);
      const locked = await story(server);
      await lockedOut(locked);
      const tale = await story(server, { person: { totpSecret: SECRET } });
      await tale.begin();
      await tale.typePassword();
      const code = codeOf(SECRET);
      const landed = await tale.browser.submit({ code });
      const tokens = await tale.relying.exchange(landed.url);
      await restart(loseEphemeral);
      await locked.begin();
      expect((await locked.typePassword()).step).toBe('locked');
      await expect(tale.relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
      expect((await tale.begin()).step).toBe('password');
      await tale.typePassword();
      expect((await tale.browser.submit({ code })).step).toBe('second-factor');
      time.move(30);
      expect(isIn(await tale.browser.submit({ code: codeOf(SECRET) }))).toBe(true);
    } finally {
      time.release();
    }
  });
});

describe('a machine that was rebooted', () => {
  test('P6 half-done sign-ins and codes of before are refused; sessions and refresh tokens live on', async () => {
    const tale = await story(server);
    await tale.begin();
    const tokens = await tale.relying.exchange((await tale.typePassword()).url);
    const unspent = (await tale.begin({ prompt: 'none' })).url;
    const half = await tale.begin({ prompt: 'login' });
    await restart(reboot);
    expect(await tale.browser.open(half.url)).toMatchObject({ status: 400, step: 'expired-link' });
    await expect(tale.relying.exchange(unspent)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await tale.relying.refresh(tokens)).access_token).toBeTruthy();
    expect(isIn(await tale.begin({ prompt: 'none' }))).toBe(true);
  });
});

test('P11 a lock that a crash lost between the count and the document is written by the next try', async () => {
  const tale = await story(server);
  await lockedOut(tale);
  // What the crash leaves: a full counter, and an account without its lock.
  await server.core.accounts.update(tale.account.id, (a) => ({ ...a, lock: null }));
  await tale.begin();
  expect((await tale.typePassword(PASSWORD)).step).toBe('locked');
  expect((await server.reread(tale.account)).lock?.cause).toBe('password');
});

test('S52 S79 a copy of both stores holds no usable session id, code, token, secret or password', async () => {
  const tale = await story(server, { person: { totpSecret: SECRET } });
  await tale.begin();
  await tale.typePassword();
  const landed = await tale.browser.submit({ code: codeOf(SECRET) });
  const tokens = await tale.relying.exchange(landed.url);
  await tale.begin({ prompt: 'login' });
  const cookies = await tale.browser.jar.getCookies(server.issuer);
  const session = cookies.find((c) => c.key === 'sallyport_session')?.value ?? '';
  const marked = [
    session,
    tokens.access_token,
    tokens.refresh_token ?? '',
    new URL(landed.url).searchParams.get('code') ?? '',
    PASSWORD,
    SECRET,
    tale.application.secret,
  ];
  expect(marked.every((text) => text.length >= 10)).toBe(true);
  let dump = '';
  for (const file of ['documents', 'ephemeral']) {
    const database = new DatabaseSync(join(server.folder, `${file}.sqlite`), { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as {
      name: string;
    }[];
    for (const { name } of tables) dump += JSON.stringify(database.prepare(`SELECT * FROM "${name}"`).all());
    database.close();
  }
  expect(dump).toContain(tale.account.id);
  expect(marked.filter((text) => dump.includes(text))).toEqual([]);
});

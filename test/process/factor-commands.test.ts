import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import QRCode from 'qrcode';
import { totpUri } from '../../src/capabilities/second-factor/totp.ts';
import { openCore } from '../../src/core/index.ts';
import { createLog, systemClock } from '../../src/foundation/base/index.ts';
import { loadSettings, readMasterKeys } from '../../src/foundation/settings/index.ts';
import { SECRET } from '../support/app.ts';
import { installationForAll } from '../support/installation.ts';

const home = installationForAll();
const { command, json, environment } = home;
const person = (name: string, tenant = 'CX', population = 'user') =>
  `--tenant ${tenant} --population ${population} --user-name ${name}`;
beforeAll(async () => {
  await command('check');
  await command('tenant create --client-code CX --preset cloudcx');
  await command('tenant create --client-code LV --preset livevox');
  await command(`account create ${person('ann')} --email ann@site.example --totp-secret-stdin`, SECRET);
  await command(`account create ${person('bob')} --email bob@site.example`);
  await command(`account create ${person('cid', 'LV', 'agent')}`);
});

describe('MFA-11 account login-code', () => {
  test('prints XXXX-XXXX and its end, once; a reason must be given', async () => {
    const without = await command(`account login-code ${person('ann')}`);
    expect(without).toMatchObject({ code: 1, stdout: '' });
    expect(without.stderr).toContain('Give a reason, for the record.');
    const made = await command(`account login-code ${person('ann')} --reason lost-phone`);
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^Login code of ann, shown once, until \S+Z: [A-Z2-7]{4}-[A-Z2-7]{4}\n$/);
    expect(await json(`account login-code ${person('ann')} --reason lost-phone`)).toEqual({
      code: expect.stringMatching(/^[A-Z2-7]{4}-[A-Z2-7]{4}$/),
      expiresAt: expect.any(String),
    });
    expect(await command(`account login-code ${person('bob')} --reason x`)).toMatchObject({ code: 1 });
    const shown = await command(`account show ${person('ann')}`);
    expect(shown.stdout).not.toMatch(/[A-Z2-7]{4}-[A-Z2-7]{4}/);
  });
});

describe('MFA-3 MFA-6 account enrol, reset-factor, turn-off-factor', () => {
  test('each says what the person meets next, and leaves its reason in the record', async () => {
    expect(await json(`account enrol ${person('bob')} --reason new`)).toEqual({ secondFactor: 'pending' });
    expect((await command(`account enrol ${person('ann')}`)).stderr).toContain(
      'active second factor already',
    );
    expect((await command(`account enrol ${person('cid', 'LV', 'agent')}`)).stderr).toContain(
      'secondFactor.mode',
    );
    expect((await command(`account reset-factor ${person('ann')} --reason lost`)).stdout).toContain(
      'sets up a second factor at the next sign-in',
    );
    expect(await json(`account show ${person('ann')}`)).toMatchObject({
      secondFactor: 'pending',
      methods: [],
      recoveryCodesLeft: 0,
    });
    expect((await command(`account turn-off-factor ${person('ann')} --reason left`)).stdout).toBe(
      'The second factor of ann is off.\n',
    );
    expect((await command(`account turn-off-factor ${person('ann')}`)).stderr).toContain('no second factor');
    expect((await command(`account reset-factor ${person('ann')}`)).code).toBe(1);
  });
});

describe('MFA-8 account list', () => {
  test('says of everybody how the second factor stands, locked by codes too', async () => {
    await command(`account create ${person('eve')} --email eve@site.example --totp-secret-stdin`, SECRET);
    await command(`account create ${person('fay')} --email fay@site.example`);
    await command(`account create ${person('gil')} --email gil@site.example --totp-secret-stdin`, SECRET);
    await command(`account enrol ${person('fay')}`);
    const settings = loadSettings({ environment });
    const core = await openCore({
      settings,
      masterKeys: readMasterKeys(settings).keys,
      clock: systemClock,
      log: createLog('silent'),
    });
    const tenant = await core.tenants.byClientCode('CX');
    const gil = await core.accounts.byName(tenant?.id ?? '', 'user', 'gil');
    await core.accounts.update(gil?.doc.id ?? '', (a) => ({ ...a, lock: { cause: 'second-factor', at: 1 } }));
    await core.close();
    const { stdout } = await command('account list --tenant CX');
    expect(stdout).toMatch(/ eve +Agent +enabled +active\n/);
    expect(stdout).toMatch(/ fay +Agent +enabled +pending\n/);
    expect(stdout).toMatch(/ gil +Agent +locked +locked by codes\n/);
  });
});

describe('MFA-13 account trusted-browsers', () => {
  test('lists none, and refuses to end what is not there', async () => {
    expect(await json(`account trusted-browsers ${person('ann')}`)).toEqual({ trustedBrowsers: [] });
    expect((await command(`account trusted-browsers ${person('ann')} --end all`)).code).toBe(1);
  });
});

describe('SES-1 account sessions', () => {
  test('lists none, refuses an id that is none, and ends everything', async () => {
    expect(await json(`account sessions ${person('bob')}`)).toEqual({ sessions: [] });
    expect(await command(`account sessions ${person('bob')} --end nothing`)).toMatchObject({ code: 1 });
    expect(await json(`account sessions ${person('bob')} --end all --reason left`)).toEqual({ ended: {} });
    expect(await json(`account show ${person('bob')}`)).toMatchObject({ epoch: 2 });
  });
});

describe('MFA-17 account slips', () => {
  test('a file for its owner only, with one slip for each person whose set-up is pending', async () => {
    const out = join(home.folder, 'slips.html');
    await command(`account create ${person('dan')} --email dan@site.example`);
    await command(`account enrol ${person('dan')}`);
    const made = await json(`account slips --tenant CX --population user --all-pending --out ${out}`);
    expect(made).toMatchObject({ slips: 3, file: out, refused: [] });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const html = readFileSync(out, 'utf8');
    expect(html.match(/data-slip/g)).toHaveLength(3);
    for (const name of ['bob', 'dan', 'fay']) expect(html).toContain(`(${name})`);
    const secrets = [...html.matchAll(/data-totp-secret>([A-Z2-7 ]+)</g)].map(([, secret]) => secret);
    expect(new Set(secrets).size).toBe(3);
    for (const secret of secrets) expect(secret?.replaceAll(' ', '')).toMatch(/^[A-Z2-7]{32}$/);
    expect(html.match(/<svg/g)).toHaveLength(3);
    // An existing file is never written over, and costs no one the set-up.
    const again = await command(`account slips ${person('bob')} --out ${out}`);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(readFileSync(out, 'utf8')).toBe(html);
  });

  test('SGN-8 the printed slip holds a label that apps read, and the end of it in the zone of the site', async () => {
    const out = join(home.folder, 'odd.html');
    await command('tenant create --client-code ODD --preset cloudcx');
    await command('policy set --tenant ODD locale.timeZone=Asia/Kolkata secondFactor.mode=voluntary');
    const odd = person('desk:7', 'ODD');
    expect((await command(`account create ${odd} --email odd@site.example`)).stderr).toBe('');
    expect((await command(`account slips ${odd} --out ${out}`)).stderr).toBe('');
    const html = readFileSync(out, 'utf8');
    expect(html).toMatch(/Valid until \w+,? \d+ \w+ \d{4} at \d\d:\d\d \(Asia\/Kolkata\)/);
    const secret = /data-totp-secret>([A-Z2-7 ]+)</.exec(html)?.[1]?.replaceAll(' ', '') ?? '';
    const label = totpUri(secret, 'ODD', 'desk 7');
    expect(html).toContain(await QRCode.toString(label, { type: 'svg', margin: 2 }));
  });

  test('names or all, never neither or both; that no set-up is pending is said', async () => {
    const out = join(home.folder, 'none.html');
    expect((await command(`account slips --tenant CX --population user --out ${out}`)).code).toBe(1);
    expect((await command(`account slips ${person('bob')} --all-pending --out ${out}`)).code).toBe(1);
    const none = await command(`account slips --tenant LV --population agent --all-pending --out ${out}`);
    expect(none.stderr).toContain('no account has a set-up pending');
    expect(() => statSync(out)).toThrow('ENOENT');
  });
});

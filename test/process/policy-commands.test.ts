import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ANN, installationForAll } from '../support/installation.ts';

const home = installationForAll();
const { command, json } = home;
beforeAll(async () => {
  await command('check');
  await command('tenant create --client-code ACME --preset livevox');
});

describe('policy commands', () => {
  test('TEN-3 TEN-4 set, show, history, rollback: who, when, before, after, and what differs from the preset', async () => {
    const set = await command(
      'policy set --tenant ACME lockout.user=3 password.expireAfterDays=off --reason audit',
    );
    expect(set).toMatchObject({ code: 0, stderr: '' });
    expect(set.stdout).toContain('Revision 2 is in force:');
    expect(set.stdout).toMatch(/password\.expireAfterDays\s+90\s+->\s+off/);
    expect(set.stdout).toContain('people should be told to sign out');
    const shown = await command('policy show --tenant ACME');
    expect(shown.stdout).toMatch(/lockout\.user\s+3\s+preset: 5/);
    expect(shown.stdout).toMatch(/secondFactor\.mode\s+"enrolment"\s+operator only/);
    expect(await json('policy show --tenant ACME')).toMatchObject({
      preset: 'livevox',
      differs: ['password.expireAfterDays', 'lockout.user'],
      policy: { version: 1, lockout: { user: 3 } },
    });
    expect((await command('policy rollback --tenant ACME --to 1')).stdout).toContain(
      'Revision 3 is in force',
    );
    const { revisions } = (await json('policy history --tenant ACME')) as { revisions: object[] };
    expect(revisions).toMatchObject([
      { n: 1, by: 'command-line', changed: [] },
      { n: 2, by: 'command-line', reason: 'audit', changed: [{ path: 'password.expireAfterDays' }, {}] },
      { n: 3, by: 'command-line', reason: 'back to revision 1' },
    ]);
  });

  test('LCK-1 SEC-3 every mistake on one line, by path, with exit 1, and nothing is changed', async () => {
    const before = await json('policy show --tenant ACME');
    const tried = await command(
      'policy set --tenant ACME lockout.user=0 lockout.agent=five lockout.secondFactor=2.5 password.historyCount=26 password.expireAfterDays=0 nonsense.value=1',
    );
    expect(tried).toMatchObject({ code: 1, stdout: '' });
    expect(tried.stderr.trim().split('\n')).toHaveLength(1);
    for (const path of [
      'lockout.user',
      'lockout.agent',
      'lockout.secondFactor',
      'password.historyCount',
      'password.expireAfterDays',
      'nonsense',
    ])
      expect(tried.stderr).toContain(`${path}: `);
    for (const args of [
      'lockout.user=null',
      'lockout.user=-1',
      'lockout.user=10',
      'lockout.user',
      'password.expireAfterDays=100000',
      '--preset stone-age',
      '--revision 77 lockout.user=4',
      '',
      '--at never lockout.user=4',
      '--spread-days 0 lockout.user=4',
      '--end-sessions everybody lockout.user=4',
    ])
      expect((await command(`policy set --tenant ACME ${args}`.trim())).code).toBe(1);
    expect((await command('policy set --tenant NOPE lockout.user=4')).stderr).toContain('no tenant');
    expect(await json('policy show --tenant ACME')).toEqual(before);
  });

  test('SEC-3 a file of a newer version is refused and named; one of this version is taken whole', async () => {
    const file = join(home.folder, 'policy.yaml');
    writeFileSync(file, 'version: 7\npassword: { strength: strong }\n');
    expect((await command(`policy set --tenant ACME --file ${file}`)).stderr).toContain(
      'newer version of Sallyport (7; this one knows 1)',
    );
    writeFileSync(file, 'version: 1\npassword: { strength: strong }\n');
    const taken = await command(`policy set --tenant ACME --file ${file}`);
    expect(taken.stdout).toMatch(/password\.strength\s+"medium"\s+->\s+"strong"/);
  });

  test('TEN-4 a file and pairs may be written in short ways; what is kept and answered is written out', async () => {
    const file = join(home.folder, 'short.yaml');
    writeFileSync(
      file,
      'lockout: { waitFrom: 3, networkTries: off }\nsignIn: { networks: ["10.0.0.0/8"] }\n',
    );
    await json(`policy set --tenant ACME --file ${file}`);
    await json('policy set --tenant ACME lockout.waitFrom=off secondFactor.recoveryCodes=true');
    expect(await json('policy show --tenant ACME')).toMatchObject({
      policy: {
        lockout: { waitFrom: null, networkTries: null },
        secondFactor: { recoveryCodes: 10 },
        signIn: { networks: { user: ['10.0.0.0/8'], agent: ['10.0.0.0/8'] } },
      },
    });
  });

  test('PWD-16 preview tells what a change would do, and does not do it; a change can be set for later and taken back', async () => {
    await command(`account create ${ANN} --password-stdin --permanent`, 'correct horse 9!\n');
    const before = await json('policy show --tenant ACME');
    const { preview } = await json('policy preview --tenant ACME password.expireAfterDays=1');
    expect(preview).toMatchObject({ accounts: { user: 1, agent: 0 }, expireNow: 0, expireWithin7Days: 1 });
    const people = await command('policy preview --tenant ACME --preset modern');
    expect(people.stdout).toMatch(/accounts that must set up a second factor\s+1/);
    expect(await json('policy show --tenant ACME')).toEqual(before);
    const later = await command('policy set --tenant ACME lockout.agent=2 --at +3d');
    expect(later.stdout).toMatch(/^Set for \d{4}-/);
    expect(await json('policy show --tenant ACME')).toMatchObject({
      policy: { lockout: { agent: 5 } },
      scheduled: { values: { 'lockout.agent': 2 }, by: 'command-line' },
    });
    expect((await command('policy set --tenant ACME --cancel-scheduled')).stdout).toContain('taken back');
    expect(await json('policy show --tenant ACME')).toMatchObject({ scheduled: null });
    const ended = await command('policy set --tenant ACME lockout.agent=4 --end-sessions all');
    expect(ended.stdout).toContain('All sessions of the population agent have ended.');
    // Text stands for itself where YAML would make something else of it.
    for (const line of ['desk:4410', '12345', '[desk'])
      expect(await json(`policy set --tenant ACME lockout.contactLine=${line}`)).toMatchObject({
        changed: [{ path: 'lockout.contactLine', after: line }],
      });
  });
});

describe('account commands under a policy', () => {
  test('PWD-7 S12 under link a typed password is refused, a link is printed where there is no mail, and --permanent is the operator’s', async () => {
    await command('tenant create --client-code NEWER --preset modern');
    const bob = '--tenant NEWER --population user --user-name robertson';
    const refused = await command(`account create ${bob} --password-stdin`, 'seven herons over water\n');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Send a link instead.') });
    const made = await command(`account create ${bob} --email robertson@site.example`);
    expect(made.stdout).toContain(`${home.issuer}/recover/set?token=`);
    const own = await command(
      `account set-password ${bob} --password-stdin --permanent`,
      'seven herons over water\n',
    );
    expect(own).toMatchObject({ code: 0, stdout: expect.stringContaining('is set') });
    const weak = await command(`account set-password ${bob} --password-stdin --permanent`, 'robertson1\n');
    expect(weak.stderr).toContain('It contains part of the name, user name, email address or client code.');
  });

  test('LCK-9 S6 why, unlock of one and of all, list --locked, compromised', async () => {
    await command(`account create ${ANN} --password-stdin --permanent`, 'correct horse 9!\n');
    expect((await command(`account why ${ANN}`)).stdout).toContain('Nothing stands in the way');
    expect(await json(`account why ${ANN}`)).toEqual({ now: [], attempts: [] });
    await command(`account disable ${ANN} --reason left`);
    expect((await command(`account why ${ANN}`)).stdout).toContain('Now: the account is disabled.');
    await command(`account enable ${ANN}`);
    expect(await json('account list --tenant ACME --locked')).toEqual({ accounts: [] });
    expect((await command('account unlock --tenant ACME --all-locked --reason test')).stdout).toContain(
      'No account was locked.',
    );
    expect((await command(`account unlock ${ANN}`)).stdout).toContain('was not locked');
    expect((await command('account unlock --tenant ACME')).code).toBe(1);
    const unknown = `account unlock ${ANN} --user-name unknown-here`;
    expect((await command(unknown)).stderr).toContain('unknown-here');
    expect((await command(`account compromised ${ANN}`)).stdout).toContain('must change the password');
    expect(await json(`account why ${ANN}`)).toMatchObject({ now: [{ reason: 'password-compromised' }] });
  });
});

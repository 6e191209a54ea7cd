import { beforeAll, describe, expect, test } from '@jest/globals';
import { installationForAll } from '../support/installation.ts';

const home = installationForAll();
const { command, json } = home;
const person = (name: string) => `--tenant ACME --population user --user-name ${name}`;

beforeAll(async () => {
  await command('check');
  await json('tenant create --client-code ACME --preset livevox');
});

describe('roles and teams by command', () => {
  test('ACC-4 what a role may do is listed, and changed for one tenant', async () => {
    const listed = await command('role list --tenant ACME');
    expect(listed.stdout).toMatch(/Manager +unlock:team\n/);
    expect(listed.stdout).toMatch(/Agent +-\n/);
    const changed = await command('role set --tenant ACME --role Manager unlock:team enrol');
    expect(changed.stdout).toBe('The role Manager of ACME holds: unlock:team, enrol:tenant\n');
    expect(await command('role set --tenant ACME --role SysAdmin unlock')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'sallyport: The role SysAdmin always holds every permission.\n',
    });
    expect(await command('role set --tenant ACME --role Agent unlock:installation')).toMatchObject({
      code: 1,
    });
    expect(await command('role set --tenant ACME --role Agent manage-keys')).toMatchObject({ code: 1 });
    const { roles } = await json('role list --tenant ACME');
    expect(roles).toContainEqual({ role: 'Agent', grants: [] });
  });

  test('ACC-7 an account gets a role and a team; the last SysAdmin stays one', async () => {
    await json(`account create ${person('ann')}`);
    expect((await command(`account set-team ${person('ann')} --team north`)).stdout).toBe(
      'ann is in the team north.\n',
    );
    expect(await json(`account set-role ${person('ann')} --role SysAdmin`)).toMatchObject({
      role: 'SysAdmin',
    });
    expect(await json(`account show ${person('ann')}`)).toMatchObject({ role: 'SysAdmin', team: 'north' });
    for (const args of [
      `set-role ${person('ann')} --role Agent`,
      `disable ${person('ann')}`,
      `delete ${person('ann')}`,
    ])
      expect(await command(`account ${args}`)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('This is the last SysAdmin of the tenant who can sign in.'),
      });
    expect(await command(`account set-role ${person('ann')} --role King`)).toMatchObject({ code: 1 });
  });
});

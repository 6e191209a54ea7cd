import { beforeAll, describe, expect, test } from '@jest/globals';
import { openCore } from '../../src/core/index.ts';
import { createLog, systemClock } from '../../src/foundation/base/index.ts';
import { loadSettings, readMasterKeys } from '../../src/foundation/settings/index.ts';
import { PASSWORD } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { ANN, installationForAll } from '../support/installation.ts';
import { accepts, answers, startLogoutListener } from '../support/logout-listener.ts';
import { startProcess } from '../support/process.ts';
import { Program } from '../support/program.ts';

const home = installationForAll({ SALLYPORT_OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32' });
const { command, json, environment } = home;

beforeAll(async () => {
  await command('check');
});

describe('API tokens by command', () => {
  test('API-1 the first is offered with the tenant; each is shown once, and five are the most', async () => {
    const created = await command('tenant create --client-code ACME --preset livevox --api-token reports');
    const [, first = ''] = /API token reports, shown once: ([A-Za-z0-9]{32})\n/.exec(created.stdout) ?? [];
    expect(first).not.toBe('');
    const plain = await command('tenant create --client-code OTHER --preset livevox');
    expect(plain.stdout).toContain('token create --tenant OTHER --name <name>');
    const made = await json('token create --tenant ACME --name nightly');
    expect(made).toEqual({ name: 'nightly', token: expect.stringMatching(/^[A-Za-z0-9]{32}$/) });
    expect(await command('token create --tenant ACME --name Nightly')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is a token Nightly already.'),
    });
    for (const name of ['three', 'four', 'five']) await json(`token create --tenant ACME --name ${name}`);
    expect(await command('token create --tenant ACME --name six')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('The tenant has 5 tokens, which is the limit. Revoke one first.'),
    });
    const listed = await command('token list --tenant ACME');
    expect(listed.stdout).toContain('nightly');
    expect(listed.stdout).not.toContain(first);
    expect(listed.stdout).not.toContain(String(made.token));
    expect(await json('token revoke --tenant ACME --name five --reason old')).toEqual({
      revoked: 'five',
      sessions: 0,
    });
    expect(await command('token revoke --tenant ACME --name five')).toMatchObject({ code: 1 });
    expect(await command('token create --tenant NONE --name x')).toMatchObject({ code: 1 });
    expect(await command('token create --tenant ACME')).toMatchObject({ code: 2 });
  });

  test('API-7 API-8 a program signs in with what the commands made, and they show its use', async () => {
    const { token } = await json('token create --tenant ACME --name desk');
    await json(`account create ${ANN} --password-stdin --permanent`, PASSWORD);
    const { ended, child } = startProcess(['start'], environment);
    try {
      await eventually(
        () =>
          fetch(`${home.issuer}/health/ready`).then(
            ({ status }) => status,
            () => 0,
          ),
        (status) => status === 200,
      );
      const program = new Program(home.issuer, String(token));
      const person = { clientName: 'acme', userName: 'ann', password: PASSWORD };
      expect((await program.login(person)).status).toBe(401);
      expect(
        (await command(`account permit ${ANN} --permission use-session-api --reason reports`)).stdout,
      ).toContain('ann has the permission use-session-api beside those of the role.');
      expect((await program.login(person)).status).toBe(200);
      expect((await program.validate()).status).toBe(200);
      const { sessions } = await json(`account sessions ${ANN}`);
      expect(sessions).toMatchObject([{ applications: 'token desk', address: '127.0.0.1' }]);
      const [session] = sessions as { id: string }[];
      expect((await command(`account sessions ${ANN} --end ${session?.id}`)).code).toBe(0);
      expect((await program.validate()).status).toBe(404);
      await program.login(person);
      expect(await json(`account sessions ${ANN} --end all`)).toEqual({ ended: { apiSessions: 1 } });
      await program.login(person);
      expect(await json('token revoke --tenant ACME --name desk')).toEqual({ revoked: 'desk', sessions: 1 });
      expect((await program.login(person)).status).toBe(401);
      expect(await command(`account permit ${ANN} --permission fly`)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /permission: Invalid option: expected one of .*"end-sessions"\|"use-session-api"/,
        ),
      });
      await json(`account permit ${ANN} --permission use-session-api --withdraw`);
      expect(await json(`account show ${ANN}`)).toMatchObject({ permissions: [] });
      expect((await command(`account why ${ANN}`)).stdout).toContain('may not use the session API');
      expect((await command(`account delete ${ANN} --reason left`)).stdout).toContain('ann is deleted.');
      expect(await command(`account show ${ANN}`)).toMatchObject({ code: 1 });
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  });

  test('API-8 token list counts by day', async () => {
    const { token } = await json('token create --tenant ACME --name counted');
    const { ended, child } = startProcess(['start'], environment);
    await eventually(
      () =>
        fetch(`${home.issuer}/health/ready`).then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200,
    );
    const program = new Program(home.issuer, String(token));
    for (let i = 0; i < 3; i++)
      await program.login({ clientName: 'ACME', userName: 'unknown', password: 'wrong' });
    child.kill('SIGTERM');
    await ended;
    const { tokens } = await json('token list --tenant ACME');
    expect(tokens).toContainEqual({
      name: 'counted',
      createdBy: 'command-line',
      createdAt: expect.any(String),
      days: [{ day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), logins: 0, failures: 3, validations: 0 }],
    });
    expect((await command('token list --tenant ACME')).stdout).toMatch(/counted +\S+ +\S+ +0 +3 +0\n/);
  });
});

describe('logouts by command', () => {
  test('SES-3 what was to be told while no server ran is told by the next one, and each delivery is visible', async () => {
    const listener = await startLogoutListener(answers(500));
    const made = `--id desk --kind web --redirect-uri http://localhost:9/ --backchannel-logout-uri`;
    const created = await json(`application create ${made} ${listener.url}`);
    expect(created).toMatchObject({ backchannelLogoutUri: listener.url });
    expect(await command(`application create ${made.replace('desk', 'bad')} x`)).toMatchObject({ code: 1 });
    const settings = loadSettings({ environment });
    const core = await openCore({
      settings,
      masterKeys: readMasterKeys(settings).keys,
      clock: systemClock,
      log: createLog('silent'),
    });
    await core.deliveries.tell('jane', [{ applicationId: 'desk', sid: 'theirs' }]);
    await core.close();
    const shown = async (state: string) =>
      (await json(`application logouts --id desk --state ${state}`)).deliveries;
    expect(await shown('pending')).toMatchObject([{ account: 'jane', sid: 'theirs', attempts: 0 }]);
    const { ended, child } = startProcess(['start'], environment);
    await eventually(
      () => listener.tokens.length,
      (count) => count === 1,
    );
    listener.manner = accepts;
    expect(await shown('pending')).toMatchObject([{ attempts: 1, problem: 'answered 500' }]);
    await eventually(
      () => listener.tokens.length,
      (count) => count === 2,
    );
    child.kill('SIGTERM');
    await ended;
    await listener.close();
    expect(await shown('delivered')).toMatchObject([{ attempts: 2, problem: '' }]);
    expect((await command('application logouts --state delivered')).stdout).toContain('theirs');
    expect(await json('application logouts')).toEqual({ state: 'pending', deliveries: [] });
    expect(await command('application logouts --state gone')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'state: Invalid option: expected one of "pending"|"delivered"|"given-up"',
      ),
    });
  });
});

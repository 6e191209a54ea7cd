import { beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { ANN, installationForAll } from '../support/installation.ts';

const home = installationForAll();
const { command, json } = home;
beforeAll(async () => {
  await command('check');
  await command('tenant create --client-code ACME --preset livevox');
});

const idOf = async (args: string) => String((await json(args)).operationId);

test('ADM-6 --background prints an id at once; a server that starts later carries it out, and show tells what it came to', async () => {
  const preview = await idOf('policy preview --tenant ACME lockout.user=3 --background');
  const unlock = await idOf('account unlock --tenant ACME --all-locked --background');
  const reseal = await idOf('keys reseal --background');
  const { operations } = await json('operation list');
  expect(operations).toMatchObject(
    [reseal, unlock, preview].map((id) => ({ id, state: 'waiting', by: 'command-line' })),
  );
  expect((await json('operation list --tenant ACME')).operations).toHaveLength(2);
  const server = await home.start();
  try {
    for (const id of [preview, unlock, reseal])
      await eventually(
        () => json(`operation show --id ${id}`),
        ({ state }) => state === 'done',
      );
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
  }
  expect(await json(`operation show --id ${preview}`)).toMatchObject({
    operation: 'policy preview',
    output: { changed: [{ path: 'lockout.user', before: 5, after: 3 }], preview: { expireNow: 0 } },
  });
  const people = await command(`operation show --id ${preview}`);
  expect(people.stdout).toMatch(/^policy preview\nstate +done\n/);
  expect(people.stdout).toContain('"path": "lockout.user"');
  expect((await command('operation list')).stdout).toMatch(/^ID +ASKED AT +OPERATION +STATE/);
});

test('ADM-6 operation cancel says whether there was something to cancel', async () => {
  const id = await idOf('policy preview --tenant ACME lockout.user=3 --background');
  expect((await command(`operation cancel --id ${id}`)).stdout).toContain('It is cancelled');
  expect((await command(`operation cancel --id ${id}`)).stdout).toContain('It had ended already.');
  expect(await json(`operation show --id ${id}`)).toMatchObject({ state: 'cancelled', output: null });
});

test('SEC-3 an id that is none, and --background beside names, are refused in one line', async () => {
  expect(await command('operation show --id none')).toMatchObject({
    code: 1,
    stderr: 'sallyport: There is no operation none.\n',
  });
  expect(await command(`account unlock ${ANN} --background`)).toMatchObject({
    code: 1,
    stderr: 'sallyport: --background goes with --all-locked\n',
  });
  const refused = await command('policy preview --tenant NOPE lockout.user=3 --background');
  expect(refused).toMatchObject({ code: 1, stdout: '' });
});

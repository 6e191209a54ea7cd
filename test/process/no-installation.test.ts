import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { openCore, type Patience } from '../../src/core/index.ts';
import { commandsAt, run } from '../../src/doors/cli/index.ts';
import { createLog, systemClock } from '../../src/foundation/base/index.ts';
import { loadSettings, readMasterKeys } from '../../src/foundation/settings/index.ts';
import { runCommand, terminal } from '../support/command.ts';
import { freshFolder } from '../support/folder.ts';

let folder: ReturnType<typeof freshFolder>;
let data: string;
let environment: Record<string, string>;
beforeEach(() => {
  folder = freshFolder();
  data = join(folder.path, 'data');
  environment = { SALLYPORT_DATA: data, SALLYPORT_ISSUER: 'http://localhost:3000' };
});
afterEach(() => folder.remove());

/** Each command with a word for all that it requires; what is wrong with the words must not be found out first. */
function commandLines(command: Command, path: readonly string[] = []): string[][] {
  if (command.commands.length > 0)
    return command.commands.flatMap((child) => commandLines(child, [...path, child.name()]));
  const words: Record<string, string> = {
    population: 'user',
    permission: 'use-session-api',
    kind: 'web',
    out: '/dev/null/slips.html',
    until: '2027-12-31T23:59:59Z',
  };
  const required = command.options
    .filter(({ mandatory }) => mandatory)
    .flatMap((option) => [option.long ?? '', words[option.attributeName()] ?? 'x']);
  return [[...path, ...required]];
}

const MAKERS = ['start', 'demo', 'check'];
const MORE: Readonly<Record<string, string[]>> = {
  'account unlock': ['--all-locked'],
  'account slips': ['--all-pending'],
  'account set-team': ['--none'],
};
const COMMANDS = commandLines(commandsAt(terminal().at))
  .filter(([name = '']) => !MAKERS.includes(name))
  .map((argv) => [...argv, ...(MORE[argv.slice(0, 2).join(' ')] ?? [])])
  .map((argv) => [argv.slice(0, 2).join(' '), argv] as const);

describe('a command where there is no installation', () => {
  test.each(COMMANDS)('OPS-1 %s names the folder, exits with 1 and makes nothing', async (_, argv) => {
    const ended = await runCommand(argv, environment);
    expect(ended).toEqual({
      code: 1,
      stdout: '',
      stderr: `sallyport: there is no installation in the folder ${resolve(data)}; name another with --config or SALLYPORT_DATA, or make one with: sallyport start\n`,
    });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each([
    ['an empty folder', () => mkdirSync(data)],
    [
      'a folder of something else',
      () => {
        mkdirSync(data);
        writeFileSync(join(data, 'notes.txt'), 'mine');
      },
    ],
    [
      'a folder with a master key only',
      () => {
        mkdirSync(data);
        writeFileSync(join(data, 'master-key'), '12'.repeat(32));
      },
    ],
  ])('OPS-1 %s stays as it is', async (_, make) => {
    make();
    const before = readdirSync(data);
    const ended = await runCommand(['tenant', 'list'], environment);
    expect([ended.code, ended.stderr]).toEqual([
      1,
      expect.stringContaining(`there is no installation in the folder ${data};`),
    ]);
    expect(readdirSync(data)).toEqual(before);
  });

  test('OPS-1 a master key from the settings makes no difference', async () => {
    const ended = await runCommand(['tenant', 'list'], {
      ...environment,
      SALLYPORT_MASTER_KEY: 'ab'.repeat(32),
    });
    expect([ended.code, readdirSync(folder.path)]).toEqual([1, []]);
  });
});

/** A clock of its own that moves only while a command waits, and tells of each wait. */
function held(waits: (elapsed: number) => void): Patience {
  let now = 0;
  return {
    limitMs: 30_000,
    openMs: 0,
    now: () => now,
    pause: async () => {
      now += 5_000;
      waits(now);
    },
  };
}

async function withPatience(patience: Patience, ...argv: string[]) {
  // Its time is held: the default deadline waits for nothing here.
  const { at, output, errors } = terminal({ ...environment, SALLYPORT_STORE_DEADLINE_SECONDS: '1' });
  const code = await run(argv, { ...at, patience });
  return { code, stdout: output(), stderr: errors() };
}

describe('a command beside a busy store', () => {
  beforeEach(async () => {
    expect((await runCommand(['check'], environment)).code).toBe(0);
  });

  /** Another process that writes, or that holds the file wholly. */
  function hold(file: string, how: 'a writer' | 'a holder of the file'): DatabaseSync {
    const other = new DatabaseSync(join(data, file));
    if (how === 'a holder of the file') other.exec('PRAGMA locking_mode=EXCLUSIVE');
    other.exec('BEGIN EXCLUSIVE');
    if (how === 'a holder of the file') other.exec('CREATE TABLE IF NOT EXISTS held (id INTEGER)');
    return other;
  }

  const CASES = [
    ['a writer', 'documents.sqlite'],
    ['a holder of the file', 'documents.sqlite'],
    ['a holder of the file', 'ephemeral.sqlite'],
  ] as const;

  test.each(CASES)('OPS-1 waits for %s of %s, and then does its work', async (how, file) => {
    const other = hold(file, how);
    const waited: number[] = [];
    const patience = held((elapsed) => {
      waited.push(elapsed);
      if (elapsed === 15_000) other.close();
    });
    const ended = await withPatience(patience, 'tenant', 'create', '--client-code', 'ACME');
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(waited.at(-1)).toBeGreaterThanOrEqual(15_000);
    expect((await runCommand(['tenant', 'list'], environment)).stdout).toContain('ACME');
  });

  test.each(CASES)('OPS-1 gives up on %s of %s after 30 seconds with one line', async (how, file) => {
    const other = hold(file, how);
    let last = 0;
    const patience = held((elapsed) => {
      last = elapsed;
    });
    const ended = await withPatience(patience, 'tenant', 'create', '--client-code', 'ACME');
    other.close();
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toMatch(/^sallyport: .*database is locked.*\n$/);
    expect([30_000, 35_000]).toContain(last);
  });

  async function migrating(until: number): Promise<() => Promise<void>> {
    const settings = loadSettings({ environment });
    const { keys: masterKeys } = readMasterKeys(settings);
    const core = await openCore({ settings, masterKeys, clock: systemClock, log: createLog('silent') });
    const found = core.documents.collection<{ id: string }>({ name: 'installation', indexes: {} });
    const set = async (change: object) => {
      const stored = await found.get('installation');
      if (stored) await found.replace({ ...stored.doc, ...change }, stored.version);
    };
    const stored = await found.get('installation');
    const { format } = (stored?.doc ?? { format: 0 }) as unknown as { format: number };
    await set({ format: format - 1, migratingUntil: until });
    return async () => {
      await set({ format, migratingUntil: 0 });
      await core.close();
    };
  }
  const FAR = systemClock.now() + 3_600;

  test('OPS-3 waits for another process that migrates, and then does its work', async () => {
    const finish = await migrating(FAR);
    const patience = held(() => {});
    const { pause } = patience;
    let waits = 0;
    const ended = await withPatience(
      {
        ...patience,
        pause: async (ms) => {
          await pause(ms);
          waits += 1;
          if (waits === 3) await finish();
        },
      },
      'tenant',
      'list',
    );
    expect([ended.code, ended.stderr, waits]).toEqual([0, '', 3]);
  });

  test('OPS-3 gives up on another process that migrates after 30 seconds with one line', async () => {
    const finish = await migrating(FAR);
    const ended = await withPatience(
      held(() => {}),
      'tenant',
      'list',
    );
    await finish();
    expect(ended).toEqual({
      code: 1,
      stdout: '',
      stderr: 'sallyport: another process is bringing the documents up to date; try again when it is done\n',
    });
  });
});

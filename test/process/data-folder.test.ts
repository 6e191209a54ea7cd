import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeFolder } from '../../src/foundation/base/index.ts';
import { openSqliteDocuments, openSqliteEphemeral } from '../../src/foundation/stores/index.ts';
import { freshFolder } from '../support/folder.ts';
import { freePort } from '../support/port.ts';
import { runProcess, startProcess } from '../support/process.ts';

let folder: ReturnType<typeof freshFolder>;
beforeEach(() => {
  folder = freshFolder();
});
afterEach(() => folder.remove());

const KEY = 'ab'.repeat(32);
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const modesIn = (path: string) =>
  Object.fromEntries(readdirSync(path).map((name) => [name, modeOf(join(path, name))]));

describe('a data folder that cannot be used ends every command with a line', () => {
  const places: [string, () => string][] = [
    ['that takes nothing', () => '/proc/sallyport/data'],
    ['under a file', () => join(folder.path, 'file', 'data')],
    ['with a file in its place', () => join(folder.path, 'file')],
    ['with a link to nothing in its place', () => join(folder.path, 'link')],
    ['of a device', () => '/dev/null'],
    ['with a pipe for its key', () => join(folder.path, 'pipes')],
  ];
  beforeEach(() => {
    writeFileSync(join(folder.path, 'file'), '');
    symlinkSync(join(folder.path, 'nowhere', 'x'), join(folder.path, 'link'));
    mkdirSync(join(folder.path, 'pipes'));
    for (const name of ['master-key', 'documents.sqlite'])
      spawnSync('mkfifo', [join(folder.path, 'pipes', name)]);
  });

  test.each(places)('OPS-2 one %s', async (_, place) => {
    const SALLYPORT_DATA = place();
    const { code, stderr } = await runProcess(['check'], { SALLYPORT_DATA });
    expect([code, stderr.trim().split('\n')]).toEqual([1, [expect.stringContaining(SALLYPORT_DATA)]]);
    // The stores by themselves, where the key comes from elsewhere.
    const own = await runProcess(['check'], { SALLYPORT_DATA, SALLYPORT_MASTER_KEY: KEY });
    expect([own.code, own.stderr.trim().split('\n')]).toEqual([1, [expect.stringContaining(SALLYPORT_DATA)]]);
  });
});

test('OPS-2 a folder is made with those above it, closed to others, and may be there already', () => {
  const path = join(folder.path, 'a', 'b');
  makeFolder(path);
  makeFolder(path);
  expect([modeOf(join(folder.path, 'a')), modeOf(path)]).toEqual(['700', '700']);
});

describe('the files of the embedded stores', () => {
  const openBoth = async (path: string) => {
    const documents = openSqliteDocuments(join(path, 'documents.sqlite'));
    const ephemeral = openSqliteEphemeral(join(path, 'ephemeral.sqlite'), 1_000_000);
    await documents.ping();
    await ephemeral.ping();
    const modes = modesIn(path);
    await documents.close();
    await ephemeral.close();
    return modes;
  };

  test('SEC-4 X11 are for their owner only, in a folder that was there before', async () => {
    chmodSync(folder.path, 0o755);
    const modes = await openBoth(folder.path);
    expect(Object.keys(modes)).toEqual(expect.arrayContaining(['documents.sqlite', 'documents.sqlite-wal']));
    expect(new Set(Object.values(modes))).toEqual(new Set(['600']));
  });

  test('SEC-4 X11 of an earlier version are taken from others; a group that was let in stays', async () => {
    writeFileSync(join(folder.path, 'documents.sqlite'), '');
    writeFileSync(join(folder.path, 'ephemeral.sqlite'), '');
    chmodSync(join(folder.path, 'documents.sqlite'), 0o644);
    chmodSync(join(folder.path, 'ephemeral.sqlite'), 0o640);
    const modes = await openBoth(folder.path);
    expect(modes).toMatchObject({ 'documents.sqlite': '600', 'ephemeral.sqlite': '640' });
  });

  test('SEC-4 X11 the key too, and a folder that others can look into is warned of', async () => {
    chmodSync(folder.path, 0o755);
    const port = await freePort();
    const server = startProcess(['start'], {
      SALLYPORT_DATA: folder.path,
      SALLYPORT_PORT: String(port),
      SALLYPORT_ISSUER: `http://localhost:${port}`,
    });
    await server.says('"listening"');
    expect(server.output()).toContain('other users can look into the data folder');
    expect(new Set(Object.values(modesIn(folder.path)))).toEqual(new Set(['600']));
    server.child.kill('SIGTERM');
    await server.ended;
  });
});

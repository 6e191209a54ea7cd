import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { prepareDemo } from '../../src/doors/demo/index.ts';
import { loadSettings } from '../../src/foundation/settings/index.ts';
import { runCommand } from '../support/command.ts';
import { freshFolder } from '../support/folder.ts';

let folder: ReturnType<typeof freshFolder>;
beforeEach(() => {
  folder = freshFolder();
});
afterEach(() => folder.remove());

const settingsOf = (data: string) => loadSettings({ environment: { SALLYPORT_DATA: data } });

describe('the folder of a demo', () => {
  test('OPS-1 the demo never wipes an installation', async () => {
    const data = join(folder.path, 'data');
    expect((await runCommand(['check'], { SALLYPORT_DATA: data })).code).toBe(0);
    expect(() => prepareDemo(settingsOf(data))).toThrow('no demo made: it is not wiped');
    expect(existsSync(join(data, 'documents.sqlite'))).toBe(true);
  });

  test('OPS-1 the demo wipes nothing that it did not make', () => {
    writeFileSync(join(folder.path, 'letter.txt'), 'dear');
    expect(() => prepareDemo(settingsOf(folder.path))).toThrow('letter.txt');
    expect(existsSync(join(folder.path, 'letter.txt'))).toBe(true);
  });

  test('OPS-1 the demo empties the folder of the last demo', async () => {
    const data = join(folder.path, 'demo');
    prepareDemo(settingsOf(data));
    writeFileSync(join(data, 'master-key'), 'old');
    prepareDemo(settingsOf(data));
    expect(existsSync(join(data, 'master-key'))).toBe(false);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadSettings, SettingsMistakes } from '../../src/settings/index.ts';
import { freshFolder } from '../support/folder.ts';

function mistakes(environment: Record<string, string>, file?: string): readonly string[] {
  try {
    loadSettings({ environment, file });
    return [];
  } catch (error) {
    if (error instanceof SettingsMistakes) return error.mistakes;
    throw error;
  }
}

function withFile<T>(text: string, work: (file: string) => T): T {
  const folder = freshFolder();
  try {
    const file = join(folder.path, 'settings.yaml');
    writeFileSync(file, text);
    return work(file);
  } finally {
    folder.remove();
  }
}

describe('OPS-2 settings', () => {
  test('the defaults are sound and frozen', () => {
    const settings = loadSettings({ environment: {} });
    expect(settings).toMatchObject({
      issuer: 'http://localhost:3000',
      listen: { port: 3000, host: '127.0.0.1' },
      data: './data',
      trustedProxies: [],
    });
    expect(() => Object.assign(settings.listen, { port: 1 })).toThrow();
  });

  test('the example file is sound, and names every key', () => {
    expect(mistakes({}, 'config/sallyport.example.yaml')).toEqual([]);
  });

  test('the environment wins over the file', () => {
    withFile('listen:\n  port: 4000\n  host: 0.0.0.0\n', (file) => {
      expect(loadSettings({ file, environment: { SALLYPORT_PORT: '5000' } }).listen).toMatchObject({
        port: 5000,
        host: '0.0.0.0',
      });
      expect(loadSettings({ environment: { SALLYPORT_CONFIG: file } }).listen.port).toBe(4000);
    });
  });

  test('every mistake is named at once, unknown keys included', () => {
    withFile('issuer: nonsense\nlisten: {port: 99999, speed: 3}\nworkerz: 2\n', (file) => {
      const found = mistakes(
        {
          SALLYPORT_TRUSTED_PROXIES: '10.0.0.0/8,nonsense',
          SALLYPORT_HASHING_PASSES: '1',
          SALLYPORT_TYPO: 'x',
        },
        file,
      );
      expect(found.map((m) => m.split(':')[0]).sort()).toEqual(
        [
          'SALLYPORT_TYPO',
          'hashing.passes',
          'issuer',
          'listen.port',
          'listen.speed',
          'trustedProxies.1',
          'workerz',
        ]
          .map((k) => k.replace('.1', ''))
          .sort(),
      );
    });
  });

  test.each([
    ['http://sign-in.example.org', ['issuer']],
    ['https://sign-in.example.org', []],
    ['https://sign-in.example.org/', ['issuer']],
    ['https://sign-in.example.org/path', ['issuer']],
    ['http://127.0.0.1:3000', []],
    ['http://[::1]:3000', []],
    ['ftp://x', ['issuer']],
  ])('S53 the issuer %s: %j', (issuer, keys) => {
    expect(mistakes({ SALLYPORT_ISSUER: issuer }).map((m) => m.split(':')[0])).toEqual(keys);
  });

  test('an http issuer elsewhere only when allowed by name', () => {
    expect(
      mistakes({ SALLYPORT_ISSUER: 'http://sign-in.example.org', SALLYPORT_ALLOW_INSECURE_ISSUER: 'true' }),
    ).toEqual([]);
  });

  test('a file that is missing or no map', () => {
    expect(mistakes({}, '/nowhere/settings.yaml')[0]).toContain('/nowhere/settings.yaml');
    withFile('- a\n- b\n', (file) => expect(mistakes({}, file)[0]).toContain('must hold a map'));
    withFile('a: [', (file) => expect(mistakes({}, file)).toHaveLength(1));
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { declarations, loadSettings, SettingsMistakes } from '../../src/foundation/settings/index.ts';
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

  const SERVICE = {
    SALLYPORT_PORT: 'tcp://10.0.0.1:3000',
    SALLYPORT_SERVICE_HOST: '10.0.0.1',
    SALLYPORT_SERVICE_PORT: '3000',
    SALLYPORT_SERVICE_PORT_HTTP: '3000',
    SALLYPORT_PORT_3000_TCP: 'tcp://10.0.0.1:3000',
    SALLYPORT_PORT_3000_TCP_PROTO: 'tcp',
    SALLYPORT_PORT_3000_TCP_PORT: '3000',
    SALLYPORT_PORT_3000_TCP_ADDR: '10.0.0.1',
    SALLYPORT_INTERNAL_SERVICE_HOST: '10.0.0.2',
    SALLYPORT_INTERNAL_PORT: 'tcp://10.0.0.2:9000',
    SALLYPORT_INTERNAL_PORT_9000_UDP: 'udp://10.0.0.2:9000',
    SALLYPORT_INTERNAL_PORT_9000_UDP_ADDR: '10.0.0.2',
  };

  test('OPS-2 variables that a Kubernetes service of our name sets are no settings, and one warning names them', () => {
    const warnings: string[] = [];
    const settings = loadSettings({ environment: SERVICE, warn: (sentence) => warnings.push(sentence) });
    expect(settings.listen).toMatchObject({ port: 3000, host: '127.0.0.1', internalPort: undefined });
    expect(warnings).toHaveLength(1);
    for (const name of Object.keys(SERVICE)) expect(warnings[0]).toContain(name);
  });

  test('OPS-2 nothing is warned of without such a service', () => {
    const warnings: string[] = [];
    loadSettings({ environment: { SALLYPORT_PORT: '4000' }, warn: (sentence) => warnings.push(sentence) });
    expect(warnings).toEqual([]);
  });

  test.each([
    ['SALLYPORT_PORT', 'http://10.0.0.1:3000', 'listen.port'],
    ['SALLYPORT_PORT', 'tcp', 'listen.port'],
    ['SALLYPORT_ISSUER', 'tcp://10.0.0.1:3000', 'issuer'],
    ['SALLYPORT_PORTS', 'tcp://10.0.0.1:3000', 'SALLYPORT_PORTS'],
    ['SALLYPORT_PORT_HTTP', '3000', 'SALLYPORT_PORT_HTTP'],
  ])('OPS-2 %s=%s is a mistake as before', (name, value, key) => {
    expect(mistakes({ [name]: value }).map((m) => m.split(':')[0])).toEqual([key]);
  });

  test.each(['', ' '])('OPS-2 a variable that holds %j is not set', (nothing) => {
    const names = declarations.map(({ environment }) => environment);
    const environment = Object.fromEntries([...names, 'SALLYPORT_CONFIG'].map((name) => [name, nothing]));
    expect(loadSettings({ environment })).toEqual(loadSettings({ environment: {} }));
    withFile('listen: {port: 4000}\n', (file) =>
      expect(loadSettings({ file, environment }).listen.port).toBe(4000),
    );
  });

  test('a file that is missing or no map', () => {
    expect(mistakes({}, '/nowhere/settings.yaml')[0]).toContain('/nowhere/settings.yaml');
    withFile('- a\n- b\n', (file) => expect(mistakes({}, file)[0]).toContain('must hold a map'));
    withFile('a: [', (file) => expect(mistakes({}, file)).toHaveLength(1));
  });
});

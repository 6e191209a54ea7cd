import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import ipaddr from 'ipaddr.js';
import { foldName, nameProblem } from '../../src/capabilities/accounts/index.ts';
import { redirectUriProblem } from '../../src/capabilities/applications/redirect-uris.ts';
import { loadPreset, presetNames } from '../../src/capabilities/tenants/index.ts';
import {
  createSealer,
  createVault,
  errorCatalogue,
  fingerprint,
  newId,
  refusalCatalogue,
  sameSecret,
} from '../../src/foundation/base/index.ts';
import { clientAddress } from '../../src/foundation/web/index.ts';
import { holdTime } from '../support/time.ts';

describe('the vault', () => {
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const sealer = createSealer([first]);

  test('SEC-2 S32 what is sealed opens only for its own record, and only unchanged', () => {
    const sealed = sealer.seal('secret', 'totp:t:a');
    expect(sealed).not.toContain('secret');
    expect(sealer.open(sealed, 'totp:t:a')).toBe('secret');
    expect(() => sealer.open(sealed, 'totp:t:b')).toThrow();
    expect(() => createSealer([second]).open(sealed, 'totp:t:a')).toThrow();
    const [version, id, data = ''] = sealed.split('.');
    const bytes = Buffer.from(data, 'base64url');
    for (const i of [0, 13, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => sealer.open([version, id, changed.toString('base64url')].join('.'), 'totp:t:a')).toThrow();
    }
    expect(() => sealer.open(`v2.${id}.${data}`, 'totp:t:a')).toThrow('unknown version');
  });

  test('SEC-2 S32 the first master key seals, all open: processes change keys one after another', () => {
    const before = sealer.seal('secret', 'c');
    const both = createSealer([first, second]);
    const turned = createSealer([second, first]);
    const after = turned.seal('secret', 'c');
    expect([both, turned].map((s) => s.open(before, 'c'))).toEqual(['secret', 'secret']);
    expect([both, turned].map((s) => s.open(after, 'c'))).toEqual(['secret', 'secret']);
    expect([turned.isCurrent(before), turned.isCurrent(after)]).toEqual([false, true]);
    expect(() => createSealer([second]).open(before, 'c')).toThrow();
    expect(() => createSealer([])).toThrow(RangeError);
    expect(() => createSealer([Buffer.alloc(31)])).toThrow(RangeError);
  });

  test('P16 a MAC differs by purpose and by installation, and outlives a change of master keys', () => {
    const root = randomBytes(32);
    const vault = createVault(sealer, root);
    expect(vault.mac('a', 'x')).toBe(createVault(createSealer([second]), root).mac('a', 'x'));
    const other = createVault(sealer, randomBytes(32));
    expect(
      new Set([vault.mac('a', 'x'), vault.mac('b', 'x'), vault.mac('a', 'y'), other.mac('a', 'x')]).size,
    ).toBe(4);
  });
});

test('AUD-1 ids are UUIDv7 and sort in the order in which they were made, also when the clock goes back', () => {
  const time = holdTime();
  try {
    const ids = Array.from({ length: 10_000 }, newId);
    time.move(-3_600);
    ids.push(...Array.from({ length: 100 }, newId));
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  } finally {
    time.release();
  }
});

test('S72 secrets compare by value, whatever their length', () => {
  expect(sameSecret(fingerprint('a'), fingerprint('a'))).toBe(true);
  expect(sameSecret(fingerprint('a'), fingerprint('b'))).toBe(false);
  expect(sameSecret('a', 'ab')).toBe(false);
});

test.each([
  ['Ann', 'ann'],
  ['ANN  Lee', ' ann lee '],
  ['Ａnn', 'ann'],
  ['Straße', 'STRASSE'],
  ['ﬁn', 'fin'],
  ['e\u0301', 'É'],
])('ACC-2 S19 %j and %j have one skeleton', (a, b) => {
  expect(foldName(a)).toBe(foldName(b));
});

test.each([
  ['', true],
  ['\u200b ', true],
  ['a\u0000b', true],
  ['a\u0007b', true],
  ['x'.repeat(129), true],
  ['Ann Müller', false],
  ['日本', false],
])('the name %j is refused: %p', (name, isRefused) => {
  expect(nameProblem(name) !== undefined).toBe(isRefused);
});

describe('S26 the client address', () => {
  const ranges = [ipaddr.parseCIDR('10.0.0.0/8'), ipaddr.parseCIDR('fd00::/8')];
  test.each([
    ['203.0.113.1', '6.6.6.6', '203.0.113.1'],
    ['10.0.0.1', '6.6.6.6', '6.6.6.6'],
    ['10.0.0.1', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['10.0.0.1', '6.6.6.6, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', 'nonsense', 'unknown'],
    ['10.0.0.1', '6.6.6.6, nonsense', 'unknown'],
    ['10.0.0.1', 'unknown', 'unknown'],
    ['10.0.0.1', '_hidden', 'unknown'],
    ['10.0.0.1', '1', 'unknown'],
    ['10.0.0.1', '300.1.1.1', 'unknown'],
    ['10.0.0.1', '6.6.6.6/8', 'unknown'],
    ['10.0.0.1', '6.6.6.6:50000', '6.6.6.6'],
    ['10.0.0.1', '[2001:db8::1]:50000', '2001:db8::1'],
    ['10.0.0.1', '[2001:db8::1]', '2001:db8::1'],
    ['10.0.0.1', '"[2001:db8::1]:50000"', '2001:db8::1'],
    ['10.0.0.1', 'for=6.6.6.6;proto=https', '6.6.6.6'],
    ['10.0.0.1', 'For="[2001:db8::1]:50000"', '2001:db8::1'],
    ['10.0.0.1', 'fe80::1%eth0', 'fe80::1'],
    ['10.0.0.1', '::ffff:6.6.6.6', '6.6.6.6'],
    ['10.0.0.1', '6.6.6.6, 10.0.0.2:443', '6.6.6.6'],
    ['::ffff:10.0.0.1', '6.6.6.6', '6.6.6.6'],
    ['fd00::1', '2001:db8::1', '2001:db8::1'],
  ])('peer %s with X-Forwarded-For %j is %s', (peer, header, address) => {
    expect(clientAddress(peer, header, ranges)).toBe(address);
  });
});

test.each([
  ['https://app.example/cb', 'web', true],
  ['http://localhost:8080/cb', 'web', true],
  ['http://127.0.0.1/cb', 'native', true],
  ['com.example.app:/cb', 'native', true],
  ['com.example.app:/cb', 'web', false],
  ['http://app.example/cb', 'web', false],
  ['javascript:alert(1)', 'native', false],
  ['data:text/html,x', 'native', false],
  ['https://a@b.example/', 'web', false],
  ['https://app.example/#', 'web', false],
  ['/cb', 'web', false],
  ['https://*.example/', 'web', false],
  ['file:///x', 'native', false],
] as const)('OID-3 registering %s for %s: %p', (uri, kind, accepted) => {
  expect(redirectUriProblem(uri, kind) === undefined).toBe(accepted);
});

test('PRE-1 every preset is a complete and sound policy', () => {
  expect(presetNames()).toEqual(['cloudcx', 'liveperson', 'livevox', 'modern', 'vcc-live']);
  for (const name of presetNames())
    expect(loadPreset(name)?.lockout).toMatchObject({ user: 5, agent: 5, secondFactor: 5 });
  expect(loadPreset('../presets/modern')).toBeUndefined();
});

test('every error is documented, and no document describes one that is gone', () => {
  const documented = [
    ...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([a-z_]+)` +\| (\d+) +\| (.+) \|/gm),
  ];
  expect(documented.map((m) => [m[1], Number(m[2])])).toEqual([
    ...Object.entries(errorCatalogue).map(([code, { status }]) => [code, status]),
    ...Object.entries(refusalCatalogue),
  ]);
});

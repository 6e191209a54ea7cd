import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  createStrangersRules,
  loadPreset,
  type Policy,
  presetNames,
} from '../../src/capabilities/tenants/index.ts';
import { visibleRules } from '../../src/capabilities/tenants/strangers.ts';

const rules = createStrangersRules((code) => createHash('sha256').update(code).digest('base64url'));
const codes = Array.from({ length: 200 }, (_, n) => `CODE-${n}`);
const shown = (policy: Policy) => JSON.stringify(visibleRules(policy));

describe('SEC-4 X15 the rules of a client code that belongs to no tenant', () => {
  test.each(presetNames())('what a tenant of %s shows, many such codes show too', (name) => {
    const mine = shown(loadPreset(name) as Policy);
    const alike = codes.filter((code) => shown(rules(code)) === mine);
    expect(alike.length).toBeGreaterThan(20);
  });

  test('no such code shows what no tenant of a preset shows', () => {
    const known = new Set(presetNames().map((name) => shown(loadPreset(name) as Policy)));
    expect(codes.every((code) => known.has(shown(rules(code))))).toBe(true);
  });

  test('one code has the same ones at all times, in any case', () => {
    for (const code of codes) expect(rules(` ${code.toLowerCase()}`)).toBe(rules(code));
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  createLanguage,
  type RefusalCode,
  refusalCatalogue,
  refusalSentence,
} from '../../src/foundation/base/index.ts';

const codes = Object.keys(refusalCatalogue) as RefusalCode[];
const sentences = (
  JSON.parse(readFileSync('views/locales/en.json', 'utf8')) as { refusal: Record<string, string> }
).refusal;
const sources = (readdirSync('src', { recursive: true }) as string[])
  .filter((file) => file.endsWith('.ts') && file !== 'foundation/base/refusals.ts')
  .map((file) => readFileSync(`src/${file}`, 'utf8'))
  .join('\n');

/** Values that programs read, and that the sentence leaves out. */
const FOR_PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  fresh_sign_in_required: ['maxAge'],
  policy_conflict: ['at'],
};

/** The names of the values of each place in the sources that refuses with a code. */
const given = new Map<string, string[][]>();
for (const [, code = '', values = ''] of sources
  .replaceAll(/\.slice\([^)]*\)/g, '')
  .matchAll(/\brefuse\(\s*'(\w+)'(?:,\s*\{([^}]*)\})?/g)) {
  const names = [...values.matchAll(/(?:^|,)\s*(\w+)/g)].map(([, name = '']) => name);
  given.set(code, [...(given.get(code) ?? []), names.sort()]);
}

describe('OPS-3 refusals', () => {
  test('every code has a sentence, and every sentence a code', () => {
    expect(Object.keys(sentences).sort()).toEqual([...codes].sort());
    for (const sentence of Object.values(sentences)) expect(sentence).toMatch(/^([A-Z]|\{\{).*(\.|\}\})$/);
  });

  test.each(codes.filter((code) => code !== 'input_invalid'))(
    '%s is given exactly the values that its sentence names, wherever it is said',
    (code) => {
      const named = [...(sentences[code] ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name);
      const wanted = [...new Set([...named, ...(FOR_PROGRAMS[code] ?? [])])].sort();
      const places = given.get(code) ?? [];
      expect(places.length).toBeGreaterThan(0);
      for (const place of places) expect(place).toEqual(wanted);
    },
  );

  test('docs/errors.md lists each with its status and its sentence', () => {
    const text = readFileSync('docs/errors.md', 'utf8');
    const rows = codes.map((code) => `| \`${code}\` | ${refusalCatalogue[code]} | ${sentences[code]} |`);
    expect(rows.filter((row) => !text.includes(row))).toEqual([]);
  });

  test.each([
    [{ code: 'user_name_taken', values: {} }, 'The user name is taken, perhaps in another spelling.'],
    [{ code: 'not_found', values: { what: 'tenant', name: 'ACME' } }, 'There is no tenant ACME.'],
    [
      { code: 'permission_not_held', values: { permissions: ['unlock', 'enrol'] } },
      'You can only give permissions that you hold yourself. You do not hold: unlock, enrol.',
    ],
    [
      {
        code: 'policy_mistakes',
        values: {
          mistakes: [
            { path: 'a.b', message: 'too big' },
            { path: 'c', message: 'missing' },
          ],
        },
      },
      'The policy cannot be used: a.b: too big, c: missing.',
    ],
    [
      {
        code: 'password_refused',
        values: { problems: [{ rule: 'too-short', minimum: 8 }, { rule: 'no-letter' }] },
      },
      'The password cannot be used. It has fewer than 8 characters. It has no letter.',
    ],
  ] as const)('%j has its sentence', (refusal, sentence) => {
    expect(refusalSentence(createLanguage(), refusal)).toBe(sentence);
  });
});

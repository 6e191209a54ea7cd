// The security catalogue and the tests that prove it, for the generator and for the test that holds them together.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

const TITLE = /\b(?:test|describe)(?:\.each)?\b/;
const ID = /\b([PRGSVFDX]\d{1,2})\b/g;

export function catalogue(): Record<string, Record<string, string>> {
  return parse(readFileSync('docs/security-catalogue.yaml', 'utf8')) as Record<
    string,
    Record<string, string>
  >;
}

export function catalogueIds(): string[] {
  return Object.values(catalogue()).flatMap((lines) => Object.keys(lines));
}

/** Texts between quotes that follow `test(`, `describe(` or the `)(` of a table: where titles stand. */
function titlesOf(source: string): string[] {
  return [...source.matchAll(/(?:\b(?:test|describe)\(|\]\)\(|\)\()\s*(['"`])((?:(?!\1).)*)\1/gs)].map(
    (m) => m[2] ?? '',
  );
}

/** Ids that test titles carry, with the files of those tests. */
export function provedIds(): Map<string, Set<string>> {
  const proved = new Map<string, Set<string>>();
  const files = (readdirSync('test', { recursive: true }) as string[])
    .filter((file) => /(\.test|-contract)\.ts$/.test(file))
    .sort();
  for (const file of files) {
    const source = readFileSync(`test/${file}`, 'utf8');
    if (!TITLE.test(source)) continue;
    for (const title of titlesOf(source)) {
      for (const [, id = ''] of title.matchAll(ID)) {
        const where = proved.get(id) ?? new Set<string>();
        proved.set(id, where.add(`test/${file}`));
      }
    }
  }
  return proved;
}

import { errorCatalogue, refusalCatalogue, type Say } from '../base/index.ts';
import { publicReading } from './guards.ts';
import type { Pages } from './pages.ts';
import { titleOf } from './problems.ts';
import type { Registry } from './registry.ts';

function has<T extends object>(catalogue: T, code: string): code is Extract<keyof T, string> {
  return Object.hasOwn(catalogue, code);
}

/** What a code means, for people who follow the `type` of a problem. */
function meaningOf(say: Say, code: string): { status: number; sentence: string } | undefined {
  if (has(errorCatalogue, code)) {
    const { status, message } = errorCatalogue[code];
    return { status, sentence: message };
  }
  if (!has(refusalCatalogue, code)) return undefined;
  const raw = say(`refusal.${code}`, { skipInterpolation: true });
  return { status: refusalCatalogue[code], sentence: raw.replaceAll(/\{\{\w+\}\}/g, '…') };
}

/** `GET /problems/{code}`: what the `type` of each problem document leads to (RFC 9457, section 3.1.1). */
export function addProblemPages(registry: Registry, pages: Pages): void {
  const guards = publicReading('says the same of a code to everybody', 'answered from memory');
  registry.route({ method: 'GET', path: '/problems/:code', name: 'problem', guards }, async (ctx) => {
    const code = String(ctx.params.code);
    const meaning = meaningOf(pages.say, code);
    if (meaning)
      pages.render(ctx, 'problem', { title: 'problemPage.title', name: titleOf(code), code, ...meaning });
  });
}

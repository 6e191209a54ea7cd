import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import i18next from 'i18next';
import type { Context } from 'koa';

export interface Pages {
  /** Renders a template of `views/` into the layout. `data.title` is a key of the language file. */
  render(
    ctx: Context,
    template: string,
    data: { title: string } & Record<string, unknown>,
    status?: number,
  ): void;
  /** Says a sentence of the language file. */
  say(key: string, values?: Record<string, unknown>): string;
}

const VIEWS = new URL('../../views/', import.meta.url);

/** @param assets addresses by plain name, as `createAssets` returns them */
export function createPages(assets: Record<string, string>): Pages {
  const english: unknown = JSON.parse(readFileSync(new URL('locales/en.json', VIEWS), 'utf8'));
  const language = i18next.createInstance();
  void language.init({
    lng: 'en',
    initAsync: false,
    resources: { en: { translation: english as Record<string, string> } },
    // Values are escaped where they are written into the page; a missing sentence is a mistake of ours.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  const say = (key: string, values: Record<string, unknown> = {}) => {
    const text = language.t(key, values);
    if (text === key) throw new Error(`no sentence for ${key}`);
    return text;
  };
  const eta = new Eta({ views: fileURLToPath(VIEWS), autoEscape: true, cache: true });
  return {
    say,
    render(ctx, template, data, status = 200) {
      ctx.status = status;
      ctx.type = 'html';
      ctx.body = eta.render(`./${template}`, { ...data, assets, t: say });
    },
  };
}

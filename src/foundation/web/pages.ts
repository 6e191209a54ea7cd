import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { Context } from 'koa';
import type { Say } from '../base/index.ts';
import { formErrors } from './form-errors.ts';

export interface Pages {
  /** Renders a template of `views/` into the layout. `data.title` is a key of the language file. */
  render(
    ctx: Context,
    template: string,
    data: { title: string } & Record<string, unknown>,
    status?: number,
  ): void;
  /** Says a sentence of the language file. */
  say: Say;
}

const VIEWS = new URL('../../../views/', import.meta.url);

/** @param assets addresses by plain name, as `createAssets` returns them */
export function createPages(assets: Record<string, string>, say: Say): Pages {
  const eta = new Eta({ views: fileURLToPath(VIEWS), autoEscape: true, cache: true });
  return {
    say,
    render(ctx, template, data, status = 200) {
      ctx.status = status;
      ctx.type = 'html';
      const errors = formErrors(data);
      const title = say(data.title);
      const pageTitle = errors.isError ? say('errorTitle', { title }) : title;
      ctx.body = eta.render(`./${template}`, { ...data, ...errors, pageTitle, assets, t: say });
    },
  };
}

import type { WebContext } from './edge.ts';

/** Answers with a file of plain text that the browser saves. @param name without characters that a header would need escaped */
export function sendTextFile(ctx: WebContext, name: string, text: string): void {
  ctx.status = 200;
  ctx.type = 'text/plain; charset=utf-8';
  ctx.set('content-disposition', `attachment; filename="${name}"`);
  ctx.body = text;
}

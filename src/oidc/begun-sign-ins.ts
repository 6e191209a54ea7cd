import type { Middleware } from 'koa';
import { type CookieNames, enginePaths } from './configuration.ts';
import { isAnsweredByForm } from './sent-on.ts';

/** Browsers keep so many cookies a site (180 in Chromium, 50 by RFC 6265), and the oldest to go could be the session. */
const MOST = 5;
const UID = /^[\w-]{10,64}$/;
const BEGUN = /^\/sign-in\/([\w-]+)$/;
const LASTS_MS = 3_600_000;

/**
 * Keeps few cookies of begun sign-ins in a browser. Each is bound to the path of its own page, so the server never sees them
 * together: one small cookie lists them, and what falls off the list is expired. A sign-in that ended takes its cookies along.
 */
export function boundBegunSignIns({ begun, interaction, resume, options }: CookieNames): Middleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith(enginePaths.authorization)) return next();
    await next();
    const before = (ctx.cookies.get(begun, { signed: false }) ?? '')
      .split('.')
      .filter((uid) => UID.test(uid))
      .slice(-MOST);
    const started = BEGUN.exec(ctx.response.get('location'))?.[1];
    const resumed = ctx.path.slice(enginePaths.authorization.length + 1);
    // Where the person changes, a form comes first and the same address a second time: then it is still needed.
    const isOver = ctx.status === 303 || isAnsweredByForm(ctx);
    const ended = UID.test(resumed) && isOver ? resumed : undefined;
    if (!started && !ended) return;
    const listed = [...before.filter((uid) => uid !== ended), ...(started ? [started] : [])];
    const gone = [...listed.slice(0, -MOST), ...(ended ? [ended] : [])];
    for (const uid of gone) {
      ctx.cookies.set(interaction, null, { ...options, path: `/sign-in/${uid}` });
      ctx.cookies.set(resume, null, { ...options, path: `${enginePaths.authorization}/${uid}` });
    }
    const left = listed.slice(-MOST).join('.');
    ctx.cookies.set(begun, left || null, {
      ...options,
      signed: false,
      path: enginePaths.authorization,
      ...(left ? { maxAge: LASTS_MS } : {}),
    });
  };
}

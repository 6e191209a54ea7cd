import type { Middleware } from 'koa';
import type { Clock } from '../../foundation/base/index.ts';
import { type CookieNames, enginePaths } from './configuration.ts';
import { isAnsweredByForm } from './sent-on.ts';

/** Browsers keep so many cookies a site (180 in Chromium, 50 by RFC 6265), and the oldest to go could be the session. */
const MOST = 5;
/** So many go with one answer: proxies take headers of 4 KB from us, and each takes half a kilobyte. */
const MOST_GONE = 2;
const UID = /^[\w-]{10,64}$/;
const LISTED = /^([\w-]{10,64})=(\d{1,12})$/;
const BEGUN = /^\/sign-in\/([\w-]+)$/;
const LASTS_MS = 3_600_000;

/** The begun sign-ins of a browser, the oldest first. */
function listed(header: string, prefix: string): string[] {
  return header
    .split(/;\s*/)
    .flatMap((cookie) => (cookie.startsWith(prefix) ? [LISTED.exec(cookie.slice(prefix.length))] : []))
    .flatMap((found) => (found ? [{ uid: found[1] ?? '', at: Number(found[2]) }] : []))
    .sort((a, b) => a.at - b.at)
    .map(({ uid }) => uid);
}

/**
 * Keeps few cookies of begun sign-ins in a browser. Each is bound to the path of its own page, so the server never sees them
 * together: a small one for each, beside them, tells of it. One list for all would lose what two requests at once write.
 * A sign-in that ended takes its cookies along.
 */
export function boundBegunSignIns(
  { begun, interaction, resume, options }: CookieNames,
  clock: Clock,
): Middleware {
  const { authorization } = enginePaths;
  const prefix = `${begun}_`;
  return async (ctx, next) => {
    if (!ctx.path.startsWith(authorization)) return next();
    await next();
    const started = BEGUN.exec(ctx.response.get('location'))?.[1];
    const resumed = ctx.path.slice(authorization.length + 1);
    // Where the person changes, a form comes first and the same address a second time: then it is still needed.
    const isOver = ctx.status === 303 || isAnsweredByForm(ctx);
    const ended = UID.test(resumed) && isOver ? resumed : undefined;
    if (!started && !ended) return;
    const before = listed(ctx.get('cookie'), prefix).filter((uid) => uid !== ended && uid !== started);
    const room = MOST - (started ? 1 : 0);
    const tooMany = before.slice(0, Math.max(0, before.length - room));
    for (const uid of [...(ended ? [ended] : []), ...tooMany].slice(0, MOST_GONE)) {
      ctx.cookies.set(interaction, null, { ...options, path: `/sign-in/${uid}` });
      ctx.cookies.set(resume, null, { ...options, path: `${authorization}/${uid}` });
      ctx.cookies.set(prefix + uid, null, { ...options, signed: false, path: authorization });
    }
    if (!started) return;
    const lasting = { ...options, signed: false, path: authorization, maxAge: LASTS_MS };
    ctx.cookies.set(prefix + started, String(clock.now()), lasting);
  };
}

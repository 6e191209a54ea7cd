import { type Applications, builtInId } from '../../capabilities/applications/index.ts';
import type { Sessions } from '../../capabilities/credential-events/index.ts';
import { longTime } from '../../foundation/base/index.ts';
import { browserName, visitorOf } from '../../foundation/web/index.ts';
import { go, keepNotice, type NoticeParts, takeNotice } from './notices.ts';
import { type Person, shell } from './person.ts';

export interface SessionPageParts extends NoticeParts {
  sessions: Sessions;
  applications: Applications;
}

const PAGE = '/account/sessions';

/** The names of the applications; our own pages are none. */
async function namesOf({ applications }: SessionPageParts, ids: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    ids.filter((id) => !id.startsWith(builtInId())).map((id) => applications.byId(id)),
  );
  return found.flatMap((application) => application?.name ?? []);
}

/** `GET /account/sessions`: where the person is signed in (SES-1). */
export async function showSessions(parts: SessionPageParts, person: Person): Promise<void> {
  const { ctx, tenant, session } = person;
  const { timeZone } = tenant.policy.locale;
  const live = await parts.sessions.live(person);
  const rows = await Promise.all(
    live.map(async ({ uid, token, signedInAt, usedAt, address, browser, applications }) => ({
      uid,
      token,
      isThis: uid === session.uid,
      browser: token === null ? await browserName(browser) : parts.pages.say('sessions.program', { token }),
      address,
      since: longTime(signedInAt, timeZone),
      used: longTime(usedAt, timeZone),
      applications: (await namesOf(parts, applications)).join(', '),
    })),
  );
  parts.pages.render(ctx, 'account/sessions', {
    title: 'sessions.title',
    step: 'account',
    ...shell(person),
    notice: await takeNotice(parts, person),
    // This one first, then by last use.
    rows: rows.sort((a, b) => Number(b.isThis) - Number(a.isThis)),
  });
}

/** `POST /account/sessions`: ends one of the others; this one ends by signing out. */
export async function submitEndSession(parts: SessionPageParts, person: Person): Promise<void> {
  const { ctx, account, session } = person;
  const uid = ctx.state.form.get('session') ?? '';
  const context = { actor: account.id, ...visitorOf(ctx) };
  const isEnded = uid !== session.uid && (await parts.sessions.endOne(account, uid, context));
  if (isEnded) await keepNotice(parts, person, 'session-ended');
  go(person, PAGE);
}

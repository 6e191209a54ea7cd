import { isSallyportError } from '../../foundation/base/index.ts';
import { type Guards, on, type RouteHandler, type WebContext, waived } from '../../foundation/web/index.ts';
import { submitActivation } from './activation-step.ts';
import { freshAttempt } from './attempt.ts';
import { submitChange, submitLater } from './change-step.ts';
import { submitCode, submitMailCode, submitMethod } from './code-step.ts';

import { dispatch, refuse, refuseWhereDue } from './finish.ts';
import { renderStep } from './pages.ts';
import type { SignInParts } from './parts.ts';
import { submitPasskey } from './passkey-step.ts';
import { submitPassword } from './password-step.ts';
import { downloadRecovery, submitRecovery } from './recovery-step.ts';
import { back, loadRequest } from './sign-in-request.ts';

const page: Guards = {
  state: on('nextStep refuses locked and disabled accounts'),
  attempts: waived('reads only'),
  factor: on('nextStep'),
  steps: on('nextStep decides from stored state'),
  bind: on('the interaction cookie of the browser that began it'),
  csrf: waived('changes nothing; it ends only a sign-in that is refused anyway'),
  fresh: waived('this is the sign-in'),
  authz: waived('no one is signed in yet'),
  once: on('a finished attempt shows nothing more'),
  rate: waived('reads only'),
  same: on('pages of a known and an unknown name are equal to the byte'),
};

const step: Guards = {
  ...page,
  attempts: on('lockout.reserve before the check'),
  csrf: on('same origin, or the form of this interaction where a browser sends neither header'),
  rate: on('the tries of a network, where the tenant limits them (LCK-7), and the hashing gate'),
  once: on('the attempt is saved by compare-and-set and claimed at the end'),
};

const move: Guards = {
  ...step,
  attempts: waived('no secret is checked'),
  rate: waived('nothing is checked, hashed or mailed'),
};

const mailing: Guards = {
  ...move,
  rate: on('one a minute, five an attempt, twenty an hour of the account (MFA-9, S49)'),
};

/** `POST …/identify`: users and agents have names of their own (ACC-1). */
async function submitIdentify(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  const population = ctx.state.form.get('population');
  if (request.step === 'identify' && (population === 'user' || population === 'agent')) {
    await parts.attempts.save(request.stored, { ...request.attempt, population });
  }
  back(ctx, request.interaction.uid);
}

/** `POST …/restart`: someone else wants to sign in at this desk. */
async function submitRestart(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  const { application } = request.interaction;
  const population = application.population === 'any' ? null : application.population;
  const { uid, applicationId, interactionEndsAt } = request.attempt;
  await parts.attempts.save(
    request.stored,
    freshAttempt({ uid, applicationId, interactionEndsAt, population }),
  );
  back(ctx, uid);
}

async function submitConsent(parts: SignInParts, ctx: WebContext): Promise<void> {
  const request = await loadRequest(parts, ctx);
  const { member, interaction } = request;
  if (request.step !== 'consent' || member?.account.status !== 'enabled') return back(ctx, interaction.uid);
  if (ctx.state.form.get('decision') !== 'allow')
    return refuse(parts, ctx, interaction, 'access_denied', 'the person did not agree');
  if (!(await parts.attempts.finish(interaction.uid))) return back(ctx, interaction.uid);
  ctx.status = 303;
  ctx.redirect(await parts.interactions.consent(ctx, member.epoch));
}

async function submitCancel(parts: SignInParts, ctx: WebContext): Promise<void> {
  const { interaction } = await loadRequest(parts, ctx);
  return refuse(parts, ctx, interaction, 'access_denied', 'the person went back');
}

function isExpired(error: unknown): boolean {
  return isSallyportError(error) && error.code === 'interaction_expired';
}

/**
 * Says that this sign-in is over, and names the way back where the attempt still knows it. Where the browser did not follow the
 * answer that ended it, as after a double click, it is sent on.
 */
async function renderExpired(parts: SignInParts, ctx: WebContext): Promise<void> {
  const onward = await parts.interactions.answered(ctx, String(ctx.params.uid));
  if (onward !== undefined) {
    ctx.status = 303;
    ctx.redirect(onward);
    return;
  }
  const attempt = (await parts.attempts.load(String(ctx.params.uid)))?.attempt;
  const application = attempt && (await parts.applications.byId(attempt.applicationId));
  const home = application?.redirectUris.find((uri) => uri.startsWith('http'));
  parts.pages.render(
    ctx,
    'error',
    {
      title: 'error.interaction_expired.title',
      step: 'expired-link',
      code: 'interaction_expired',
      message: parts.pages.say('error.interaction_expired.message'),
      requestId: ctx.state.requestId,
      ...(home ? { wayBack: { href: new URL('/', home).href, name: application?.name } } : {}),
    },
    400,
  );
}

/** The one page of a sign-in and the posts below it. */
export function addSignInRoutes(parts: SignInParts): void {
  const orExpired =
    (work: RouteHandler): RouteHandler =>
    async (ctx) => {
      try {
        await work(ctx);
      } catch (error) {
        if (!isExpired(error)) throw error;
        await renderExpired(parts, ctx);
      }
    };
  const show = orExpired(async (ctx) => {
    const request = await loadRequest(parts, ctx);
    if (!(await refuseWhereDue(parts, request))) await renderStep(parts, request);
  });
  parts.registry.route({ method: 'GET', path: '/sign-in/:uid', name: 'sign-in', guards: page }, show);
  const posts: [string, Guards, (parts: SignInParts, ctx: WebContext) => Promise<void>][] = [
    ['identify', move, submitIdentify],
    ['password', step, submitPassword],
    ['second-factor', step, submitCode],
    ['passkey', step, submitPasskey],
    ['method', move, submitMethod],
    ['mail-code', mailing, submitMailCode],
    ['activate', step, submitActivation],
    ['recovery-codes', step, submitRecovery],
    ['recovery-codes-file', move, downloadRecovery],
    ['change-password', step, submitChange],
    ['later', move, submitLater],
    ['consent', move, submitConsent],
    ['continue', move, async (p, ctx) => dispatch(p, await loadRequest(p, ctx))],
    ['restart', move, submitRestart],
    ['cancel', move, submitCancel],
  ];
  for (const [name, guards, submit] of posts) {
    const declaration = {
      method: 'POST',
      path: `/sign-in/:uid/${name}`,
      name: `sign-in ${name}`,
      guards,
    } as const;
    parts.registry.route(
      declaration,
      orExpired((ctx) =>
        parts.submissions.inTurn(ctx, `sign-in:${ctx.params.uid}`, () => submit(parts, ctx)),
      ),
      { bareFormAllowed: true },
    );
  }
}

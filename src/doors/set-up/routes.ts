import { refusalSentence, SallyportError } from '../../foundation/base/index.ts';
import {
  formFields,
  type Guards,
  on,
  type Pages,
  type Registry,
  type Submissions,
  type WebContext,
  waived,
} from '../../foundation/web/index.ts';
import type { SetUp, SetUpOutcome } from './set-up.ts';

const guards: Guards = {
  state: waived('no one exists yet'),
  attempts: waived('the link holds 256 random bits'),
  factor: on('the policy of the operator tenant demands a factor at the first sign-in'),
  steps: on('signs no one in'),
  bind: on('the link'),
  csrf: on('same origin'),
  fresh: waived('the link is the proof'),
  authz: on('the link, while no operator exists'),
  once: on('the link is spent by compare-and-set'),
  rate: waived('a wrong link costs one look-up'),
  same: on('a wrong, spent or expired link answers alike'),
};

interface Shown {
  token: string;
  userName: string;
  alert?: string;
  /** The field that the alert is about. */
  invalid?: string;
  notice?: 'new-password-refused';
  problems?: Extract<SetUpOutcome, { problems: unknown }>['problems'];
}

/** `GET` and `POST /set-up`: gone once an operator exists (S13). Opening the link spends nothing (S48). */
export function addSetUpRoutes(
  registry: Registry,
  setUp: SetUp,
  pages: Pages,
  submissions: Submissions,
): void {
  const show = (ctx: WebContext, shown: Shown) =>
    pages.render(ctx, 'set-up/form', { title: 'setUp.title', step: 'set-up', ...shown });

  registry.route(
    { method: 'GET', path: '/set-up', name: 'set-up', guards: { ...guards, csrf: waived('reads only') } },
    async (ctx) => {
      const token = String(ctx.query.token ?? '');
      if (!(await setUp.isValid(token))) throw new SallyportError('link_invalid');
      show(ctx, { token, userName: '' });
    },
  );

  const complete = async (ctx: WebContext): Promise<boolean> => {
    const { token, userName, newPassword, newPasswordAgain } = formFields(ctx.state.form, [
      'token',
      'userName',
      'newPassword',
      'newPasswordAgain',
    ]);
    if (!(await setUp.isValid(token))) throw new SallyportError('link_invalid');
    const again = (why: Partial<Shown>) => {
      show(ctx, { token, userName, ...why });
      return false;
    };
    if (newPassword !== newPasswordAgain)
      return again({ alert: pages.say('setUp.differ'), invalid: 'newPasswordAgain' });
    const where = { address: ctx.state.address, browser: ctx.get('user-agent') };
    const outcome = await setUp.complete({ token, userName, password: newPassword, ...where });
    if ('linkInvalid' in outcome) throw new SallyportError('link_invalid');
    if ('problems' in outcome) return again({ notice: 'new-password-refused', problems: outcome.problems });
    if ('nameProblem' in outcome)
      return again({ alert: refusalSentence(pages.say, outcome.nameProblem), invalid: 'userName' });
    ctx.status = 303;
    ctx.redirect('/set-up/done');
    return true;
  };
  // The link is spent by it: a second click goes where the first one led.
  registry.route({ method: 'POST', path: '/set-up', name: 'set-up complete', guards }, (ctx) =>
    submissions.once(ctx, 'set-up', () => complete(ctx)),
  );
  const done: Guards = {
    ...guards,
    bind: waived('says that an operator was made'),
    authz: waived('says the same to everybody'),
    once: waived('reads only'),
    csrf: waived('reads only'),
  };
  registry.route({ method: 'GET', path: '/set-up/done', name: 'set-up done', guards: done }, async (ctx) =>
    pages.render(ctx, 'set-up/done', { title: 'setUp.done.title', step: 'set-up-done' }),
  );
}

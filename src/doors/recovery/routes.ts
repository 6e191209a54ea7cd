import { foldName } from '../../capabilities/accounts/index.ts';
import type { Jobs } from '../../capabilities/jobs/index.ts';
import type { Budgets, Lockout } from '../../capabilities/lockout/index.ts';
import { networkOf } from '../../foundation/base/index.ts';
import {
  formFields,
  type Guards,
  on,
  visitorOf,
  type WebContext,
  waived,
} from '../../foundation/web/index.ts';
import { type LinkRequest, RECOVER_JOB } from './link-sender.ts';
import { openLink, type SetPasswordParts, showDone, showForm, submitForm } from './set-password.ts';

export interface RecoveryParts extends SetPasswordParts {
  jobs: Jobs;
  budgets: Budgets;
  lockout: Lockout;
}

const ask: Guards = {
  state: on('the queue sends nothing to accounts that are disabled'),
  attempts: waived('no secret is checked'),
  factor: waived('sends a mail, and signs no one in'),
  steps: waived('sends a mail, and signs no one in'),
  bind: waived('the link goes only to the mailbox'),
  csrf: on('same origin'),
  fresh: waived('no one is signed in'),
  authz: waived('no one is signed in'),
  once: waived('a newer link voids the older one'),
  rate: on('budgets of network, name, account, address and tenant'),
  same: on('one job for every request: whether the account exists is looked up later, when no one waits'),
};

const look: Guards = {
  ...ask,
  state: waived('shows the form'),
  csrf: waived('reads only: mail scanners may open it (S48)'),
  rate: waived('reads only'),
  same: on('a link that does not work says nothing of why'),
};

const set: Guards = {
  ...ask,
  state: on('disabled accounts cannot use their link'),
  attempts: on('codes are reserved on the counter of the sign-in'),
  factor: on('an active factor must be given (S42)'),
  steps: on('signs no one in: the sign-in comes after it'),
  bind: on('the token of the link, and the cookie that it became'),
  once: on('the link is spent in the write that sets the password (P2)'),
  rate: on('the hashing gate'),
};

const HOUR = 3_600;
const NETWORK_REQUESTS = 30;
const NAME_REQUESTS = 5;

function populationOf(text: unknown): 'user' | 'agent' {
  return text === 'agent' ? 'agent' : 'user';
}

async function showRequest({ pages }: RecoveryParts, ctx: WebContext): Promise<void> {
  pages.render(ctx, 'recovery/request', {
    title: 'recover.title',
    step: 'recover',
    population: populationOf(ctx.query.population),
    clientCode: typeof ctx.query.client === 'string' ? ctx.query.client.slice(0, 64) : '',
  });
}

/** `POST /recover`: the same answer and the same work for every name. */
async function submitRequest(parts: RecoveryParts, ctx: WebContext): Promise<void> {
  const { budgets, lockout, jobs, pages, clock } = parts;
  const { clientCode, userName, population } = formFields(ctx.state.form, [
    'clientCode',
    'userName',
    'population',
  ]);
  const request: LinkRequest = {
    clientCode: clientCode.slice(0, 64),
    userName: userName.slice(0, 256),
    population: populationOf(population),
    ...visitorOf(ctx),
  };
  const name = lockout.shadowOf(
    `recover:${foldName(request.clientCode)}`,
    request.population,
    foldName(request.userName),
  );
  const network = networkOf(request.address);
  const isWithin =
    (network === undefined || (await budgets.take(`recover:network:${network}`, NETWORK_REQUESTS, HOUR))) &&
    (await budgets.take(`recover:name:${name}`, NAME_REQUESTS, HOUR));
  if (isWithin) await jobs.enqueue({ kind: RECOVER_JOB, payload: request, giveUpAt: clock.now() + HOUR });
  pages.render(ctx, 'recovery/sent', { title: 'recover.sent.title', step: 'recover' });
}

/** Asking for a link, and setting a password under one. */
export function addRecoveryRoutes(parts: RecoveryParts): void {
  const { registry } = parts;
  registry.route({ method: 'GET', path: '/recover', name: 'recover', guards: look }, (ctx) =>
    showRequest(parts, ctx),
  );
  registry.route({ method: 'POST', path: '/recover', name: 'recover request', guards: ask }, (ctx) =>
    submitRequest(parts, ctx),
  );
  registry.route({ method: 'GET', path: '/recover/set', name: 'recover link', guards: look }, (ctx) =>
    ctx.query.token === undefined ? showForm(parts, ctx) : openLink(parts, ctx),
  );
  registry.route({ method: 'GET', path: '/recover/done', name: 'recover done', guards: look }, (ctx) =>
    showDone(parts, ctx),
  );
  registry.route({ method: 'POST', path: '/recover/set', name: 'recover set', guards: set }, (ctx) =>
    submitForm(parts, ctx),
  );
}

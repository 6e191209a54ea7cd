import { z } from 'zod';
import { grouped, maySlipBeMade, modeFor, secretToAdd } from '../../../capabilities/second-factor/index.ts';
import { longTime, refuse } from '../../../foundation/base/index.ts';
import { done, operation } from '../operation.ts';
import { instant, onlyReason } from '../schemas.ts';

const DAY = 86_400;
const SLIP_SECONDS = 14 * DAY;
/** Login codes that one administrator issues a day: enough for a bad Monday, too few to hand out by habit (S38). */
const LOGIN_CODES_A_DAY = 100;

/** A newer one voids it (MFA-11, S38). */
export const makeLoginCode = operation({
  name: 'account login-code',
  summary: 'Issues a one-time code that takes the place of the second factor, shown once.',
  on: 'account',
  permission: 'login-code',
  effect: 'creates',
  audit: 'login-code.made',
  mail: 'login-code-made',
  path: '/tenants/{tenant}/accounts/{account}/login-code',
  input: onlyReason,
  output: z.object({ code: z.string().describe('shown once'), expiresAt: instant }),
  run: async ({ accounts, budgets, keptCodes }, { tenant, account }, { reason }, { actor }) => {
    const { loginCodes, loginCodeMinutes } = tenant.policy.secondFactor;
    const { userName } = account;
    if (!loginCodes) return refuse('login_codes_off');
    if (reason.trim() === '') return refuse('reason_needed');
    if (actor.by === account.id) return refuse('login_code_for_oneself');
    if (account.status !== 'enabled') return refuse('account_disabled', { userName });
    if (account.secondFactor.status !== 'active') return refuse('factor_not_active', { userName });
    if (!(await budgets.take(`login-code:${actor.by}`, LOGIN_CODES_A_DAY, DAY)))
      return refuse('login_codes_used_up', { most: LOGIN_CODES_A_DAY });
    const { code, kept } = await keptCodes.makeLoginCode(account.epoch, loginCodeMinutes);
    const { changed } = await accounts.update(account.id, (current) =>
      current.epoch === account.epoch && current.secondFactor.status === 'active'
        ? { ...current, secondFactor: { ...current.secondFactor, loginCode: kept } }
        : undefined,
    );
    if (!changed) return refuse('changed_meanwhile');
    const { expiresAt } = kept;
    return done(
      { code: grouped(code), expiresAt },
      {
        entry: { detail: { expiresAt } },
        mail: { to: account, values: { until: longTime(expiresAt, tenant.policy.locale.timeZone) } },
      },
    );
  },
});

/** For a person who cannot scan a picture from the sign-in page (MFA-17). */
export const makeSlip = operation({
  name: 'account slip',
  summary: 'Makes a secret to print, for a person who cannot scan a picture from the screen; shown once.',
  on: 'account',
  permission: 'enrol',
  effect: 'creates',
  audit: 'activation-slip.made',
  path: '/tenants/{tenant}/accounts/{account}/second-factor/slip',
  input: onlyReason,
  output: z.object({
    userName: z.string(),
    name: z.string(),
    secret: z.string().describe('base32 in groups of four, shown once'),
    uri: z.string(),
    expiresAt: instant,
  }),
  run: async ({ accounts, totp, clock }, { tenant, account }) => {
    const { policy } = tenant;
    const { userName } = account;
    const isDue = account.secondFactor.status === 'pending' || modeFor(account, policy) !== 'off';
    if (!isDue) return refuse('factor_mode_off', { userName });
    if (!maySlipBeMade(policy)) return refuse('factor_method_not_allowed');
    const { sealed, text } = totp.make(account);
    const expiresAt = clock.now() + SLIP_SECONDS;
    const { doc: stored, changed } = await accounts.update(account.id, (current) => {
      const { secondFactor } = current;
      const slip = { sealedSecret: sealed, expiresAt };
      // A new round: a set-up that is under way with another secret is void.
      const round = secondFactor.round + 1;
      return secondFactor.status === 'active'
        ? undefined
        : { ...current, secondFactor: { ...secondFactor, status: 'pending', round, slip } };
    });
    if (!stored) return refuse('account_gone');
    if (!changed) return refuse('factor_active', { userName });
    const { secret, uri } = secretToAdd(text, tenant, stored.userName);
    const name = stored.name ?? stored.userName;
    return done(
      { userName: stored.userName, name, secret, uri, expiresAt },
      { entry: { detail: { expiresAt } } },
    );
  },
});

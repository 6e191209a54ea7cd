import { z } from 'zod';
import { modeFor, revoked, statusWithout } from '../../../capabilities/second-factor/index.ts';
import { refuse } from '../../../foundation/base/index.ts';
import { done, operation } from '../operation.ts';
import { factorStatus, onlyReason } from '../schemas.ts';

const outcome = z.object({ secondFactor: factorStatus });

/** @see MFA-3 */
export const enrol = operation({
  name: 'account enrol',
  summary: 'Has the person set up a second factor at the next sign-in.',
  on: 'account',
  permission: 'enrol',
  effect: 'changes',
  audit: 'account.enrolled',
  path: '/tenants/{tenant}/accounts/{account}/second-factor/enrol',
  input: onlyReason,
  output: outcome,
  run: async ({ accounts }, { tenant, account }) => {
    const { userName } = account;
    if (modeFor(account, tenant.policy) === 'off') return refuse('factor_mode_off', { userName });
    const { doc: stored, changed } = await accounts.update(account.id, (current) =>
      current.secondFactor.status === 'none'
        ? { ...current, secondFactor: { ...current.secondFactor, status: 'pending' } }
        : undefined,
    );
    if (!stored) return refuse('account_gone');
    const { status } = stored.secondFactor;
    if (status === 'active') return refuse('factor_active', { userName });
    return done({ secondFactor: status }, { isUnchanged: !changed });
  },
});

/** Set up again at the next sign-in, in every mode (MFA-7). */
export const resetFactor = operation({
  name: 'account reset-factor',
  summary:
    'Revokes the second factor and ends sessions and trusted browsers; it is set up again at the next sign-in.',
  on: 'account',
  permission: 'reset-factor',
  effect: 'changes',
  isSensitive: true,
  audit: 'factor.reset',
  mail: 'factor.reset',
  path: '/tenants/{tenant}/accounts/{account}/second-factor/reset',
  input: onlyReason,
  output: outcome,
  run: async ({ sessions }, { account }, { reason }, { actor }) => {
    const event = await sessions.credentialEvent({
      accountId: account.id,
      kind: 'factor-reset',
      change: (current) =>
        current.secondFactor.status === 'none'
          ? undefined
          : { ...current, secondFactor: revoked(current.secondFactor, 'pending') },
      context: { actor: actor.by, reason },
    });
    if (!event) return refuse('factor_missing', { userName: account.userName });
    return done({ secondFactor: event.account.secondFactor.status }, { mail: { to: event.account } });
  },
});

/** @see MFA-6 */
export const turnFactorOff = operation({
  name: 'account turn-off-factor',
  summary:
    'Ends the second factor without a code of the person; where the policy requires one it is set up again.',
  on: 'account',
  permission: 'reset-factor',
  effect: 'changes',
  isSensitive: true,
  audit: 'factor.off',
  mail: 'factor.off',
  path: '/tenants/{tenant}/accounts/{account}/second-factor/turn-off',
  input: onlyReason,
  output: outcome,
  run: async ({ accounts, trustedBrowsers }, { tenant, account }) => {
    const { doc: stored, changed } = await accounts.update(account.id, (current) => {
      if (current.secondFactor.status === 'none') return undefined;
      const status = statusWithout(current, tenant.policy);
      return { ...current, secondFactor: revoked(current.secondFactor, status) };
    });
    if (!stored) return refuse('account_gone');
    if (!changed) return refuse('factor_missing', { userName: account.userName });
    await trustedBrowsers.end(stored, 'all');
    return done({ secondFactor: stored.secondFactor.status }, { mail: { to: stored } });
  },
});

import { z } from 'zod';
import { type Account, grantsOf } from '../../accounts/index.ts';
import { refuse } from '../../base/index.ts';
import { notHeld } from '../authority.ts';
import { done, operation } from '../operation.ts';
import type { AdministrationParts } from '../parts.ts';
import { accountView, onlyReason, permission, reason, role, viewOf } from '../schemas.ts';

const status = z.object({ status: z.enum(['enabled', 'disabled']) });

/** Whether the account may stop being what it is: the last working SysAdmin of a tenant stays (ACC-6). */
async function mayLeave({ sysAdmins }: AdministrationParts, account: Account): Promise<boolean> {
  const isCounted = account.role === 'SysAdmin' && account.status === 'enabled';
  return !isCounted || (await sysAdmins.release(account));
}

export const disable = operation({
  name: 'account disable',
  summary: 'Disables an account; everything that it is signed in with ends at once.',
  on: 'account',
  permission: 'manage-accounts',
  effect: 'changes',
  isSensitive: true,
  audit: 'account.status',
  mail: 'account.disabled',
  path: '/tenants/{tenant}/accounts/{account}/disable',
  input: onlyReason,
  output: status,
  run: async (parts, { account }, input, { actor }) => {
    if (!(await mayLeave(parts, account))) return refuse('last_sysadmin');
    await parts.sessions.credentialEvent({
      accountId: account.id,
      kind: 'disabled',
      change: (current) => (current.status === 'disabled' ? undefined : { ...current, status: 'disabled' }),
      context: { actor: actor.by, reason: input.reason },
    });
    const text = input.reason === '' ? 'disabled' : `disabled: ${input.reason}`;
    return done({ status: 'disabled' as const }, { entry: { reason: text }, mail: { to: account } });
  },
});

export const enable = operation({
  name: 'account enable',
  summary: 'Enables a disabled account; the person can sign in again.',
  on: 'account',
  permission: 'manage-accounts',
  effect: 'changes',
  audit: 'account.status',
  path: '/tenants/{tenant}/accounts/{account}/enable',
  input: onlyReason,
  output: status,
  run: async ({ accounts, sysAdmins }, { account }, input) => {
    const stored = await accounts.update(account.id, (current) =>
      current.status === 'enabled' ? undefined : { ...current, status: 'enabled' },
    );
    if (!stored) return refuse('account_gone');
    if (stored.role === 'SysAdmin') await sysAdmins.join(stored);
    const text = input.reason === '' ? 'enabled' : `enabled: ${input.reason}`;
    return done({ status: 'enabled' as const }, { entry: { reason: text } });
  },
});

/** What the audit says of the account stays (ACC-8). */
export const remove = operation({
  name: 'account delete',
  summary: 'Ends everything of an account and forgets it; its name may be used again.',
  on: 'account',
  permission: 'manage-accounts',
  effect: 'changes',
  isSensitive: true,
  audit: 'account.deleted',
  mail: 'account.deleted',
  path: '/tenants/{tenant}/accounts/{account}/delete',
  input: onlyReason,
  output: z.object({ deleted: z.string() }),
  run: async (parts, { account }, input, { actor }) => {
    if (!(await mayLeave(parts, account))) return refuse('last_sysadmin');
    await parts.sessions.credentialEvent({
      accountId: account.id,
      kind: 'deleted',
      change: (current) => ({ ...current, status: 'disabled' }),
      context: { actor: actor.by, reason: input.reason },
    });
    await parts.accounts.remove(account);
    const { userName, population, number } = account;
    return done(
      { deleted: account.id },
      { entry: { detail: { userName, population, number } }, mail: { to: account } },
    );
  },
});

/** What an account holds beside its role. Only what the actor holds can be given (ACC-6). */
export const permit = operation({
  name: 'account permit',
  summary: 'Gives an account a permission beside those of its role, or takes it back.',
  on: 'account',
  permission: 'edit-roles',
  effect: 'changes',
  isSensitive: true,
  audit: 'account.permissions',
  mail: 'account.permissions',
  path: '/tenants/{tenant}/accounts/{account}/permissions',
  input: z.strictObject({ permission, given: z.boolean().default(true), reason }),
  output: z.object({ permission, given: z.boolean() }),
  run: async ({ accounts }, { tenant, account }, { permission: name, given }, { actor }) => {
    const wanted = grantsOf({ role: 'Agent', permissions: [name] }, { ...tenant, roles: { Agent: [] } });
    const missing = given ? notHeld(actor, wanted) : [];
    if (missing.length > 0) return refuse('permission_not_held', { permissions: missing });
    const stored = await accounts.update(account.id, (current) => {
      const others = (current.permissions ?? []).filter((one) => one !== name);
      return { ...current, permissions: given ? [...others, name] : others };
    });
    if (!stored) return refuse('account_gone');
    return done(
      { permission: name, given },
      { entry: { detail: { permission: name, given: given ? 'yes' : 'no' } }, mail: { to: stored } },
    );
  },
});

/** Only a role whose permissions the actor holds can be given, and the last working SysAdmin keeps theirs (ACC-6). */
export const setRole = operation({
  name: 'account set-role',
  summary: 'Gives an account another role.',
  on: 'account',
  permission: 'edit-roles',
  effect: 'changes',
  isSensitive: true,
  audit: 'account.role',
  mail: 'account.permissions',
  path: '/tenants/{tenant}/accounts/{account}/role',
  input: z.strictObject({ role, reason }),
  output: accountView,
  run: async (parts, { tenant, account }, input, { actor }) => {
    const missing = notHeld(actor, grantsOf({ role: input.role }, tenant));
    if (missing.length > 0) return refuse('permission_not_held', { permissions: missing });
    if (account.role === input.role) return done(viewOf(account), { isUnchanged: true });
    if (!(await mayLeave(parts, account))) return refuse('last_sysadmin');
    let before = account.role;
    const stored = await parts.accounts.update(account.id, (current) => {
      before = current.role;
      return { ...current, role: input.role };
    });
    if (!stored) return refuse('account_gone');
    if (stored.role === 'SysAdmin') await parts.sysAdmins.join(stored);
    return done(viewOf(stored), {
      entry: { detail: { before, after: input.role } },
      mail: { to: stored },
    });
  },
});

/** Some permissions hold for one team only (ACC-7). */
export const setTeam = operation({
  name: 'account set-team',
  summary: 'Puts an account into a team, or takes it out of its team.',
  on: 'account',
  permission: 'manage-accounts',
  effect: 'changes',
  audit: 'account.team',
  path: '/tenants/{tenant}/accounts/{account}/team',
  input: z.strictObject({ team: z.string().trim().min(1).max(60).nullable(), reason }),
  output: accountView,
  run: async ({ accounts }, { account }, { team }) => {
    const stored = await accounts.update(account.id, (current) => ({ ...current, team }));
    if (!stored) return refuse('account_gone');
    return done(viewOf(stored), { entry: { detail: { before: account.team ?? '', after: team ?? '' } } });
  },
});

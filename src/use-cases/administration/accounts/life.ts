import { z } from 'zod';
import { type Account, grantsOf } from '../../../capabilities/accounts/index.ts';
import { type Refused, refuse } from '../../../foundation/base/index.ts';
import { type Actor, gainedByMove, mayAct, notHeld } from '../authority.ts';
import { done, operation } from '../operation.ts';
import type { AdministrationParts } from '../parts.ts';
import { accountView, onlyReason, permission, reason, role, viewOf } from '../schemas.ts';

const status = z.object({ status: z.enum(['enabled', 'disabled']) });

/** Makes a change after which the account may be no working SysAdmin any more: the last one of a tenant stays (ACC-6). */
async function leaving<T extends object>(
  { sysAdmins }: AdministrationParts,
  account: Account,
  change: () => Promise<T>,
): Promise<T | Refused> {
  const isCounted = account.role === 'SysAdmin' && account.status === 'enabled';
  return isCounted ? ((await sysAdmins.leave(account, change)) ?? refuse('last_sysadmin')) : change();
}

/** Whether the account became a working SysAdmin after it was loaded: then its change was not held to the rule above. */
function rose(seen: Account, { role, status }: Account): boolean {
  const isCounted = role === 'SysAdmin' && status === 'enabled';
  return isCounted && !(seen.role === 'SysAdmin' && seen.status === 'enabled');
}

/** Disables the account, and ends everything that it is signed in with. */
async function end(
  { sessions }: AdministrationParts,
  account: Account,
  kind: 'disabled' | 'deleted',
  reason: string,
  actor: Actor,
): Promise<{ ended: true } | Refused> {
  let current: Account | undefined;
  await sessions.credentialEvent({
    accountId: account.id,
    kind,
    change: (stored) => {
      current = stored;
      const isDone = kind === 'disabled' && stored.status === 'disabled';
      return rose(account, stored) || isDone ? undefined : { ...stored, status: 'disabled' };
    },
    context: { actor: actor.by, reason },
  });
  if (!current) return refuse('account_gone');
  return rose(account, current) ? refuse('changed_meanwhile') : { ended: true };
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
    const isDisabled = await leaving(parts, account, () =>
      end(parts, account, 'disabled', input.reason, actor),
    );
    if ('refused' in isDisabled) return isDisabled;
    const text = input.reason === '' ? 'disabled' : `disabled: ${input.reason}`;
    // Who was disabled already was told then.
    const mail = account.status === 'enabled' ? { mail: { to: account } } : {};
    return done({ status: 'disabled' as const }, { entry: { reason: text }, ...mail });
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
    const { doc: stored } = await accounts.update(account.id, (current) =>
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
  path: '/tenants/{tenant}/accounts/{account}',
  method: 'DELETE',
  input: onlyReason,
  output: z.object({ deleted: z.string() }),
  run: async (parts, { account }, input, { actor }) => {
    const isGone = await leaving(parts, account, async () => {
      const ended = await end(parts, account, 'deleted', input.reason, actor);
      if (!('refused' in ended)) await parts.accounts.remove(account);
      return ended;
    });
    if ('refused' in isGone) return isGone;
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
    const missing = given ? notHeld(actor, wanted, account.team ?? null) : [];
    if (missing.length > 0) return refuse('permission_not_held', { permissions: missing });
    const { doc: stored } = await accounts.update(account.id, (current) => {
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
  method: 'PUT',
  input: z.strictObject({ role, reason }),
  output: accountView,
  run: async (parts, { tenant, account }, input, { actor }) => {
    const missing = notHeld(actor, grantsOf({ role: input.role }, tenant), account.team ?? null);
    if (missing.length > 0) return refuse('permission_not_held', { permissions: missing });
    if (account.role === input.role) return done(viewOf(account), { isUnchanged: true });
    const changed = await leaving(parts, account, async () => {
      const { doc: stored, changed: isGiven } = await parts.accounts.update(account.id, (current) =>
        current.role === account.role && !rose(account, current)
          ? { ...current, role: input.role }
          : undefined,
      );
      if (!stored) return refuse('account_gone');
      return isGiven ? { stored } : refuse('changed_meanwhile');
    });
    if ('refused' in changed) return changed;
    const { stored } = changed;
    if (stored.role === 'SysAdmin') await parts.sysAdmins.join(stored);
    return done(viewOf(stored), {
      entry: { detail: { before: account.role, after: input.role } },
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
  method: 'PUT',
  input: z.strictObject({ team: z.string().trim().min(1).max(60).nullable(), reason }),
  output: accountView,
  run: async ({ accounts }, member, { team }, { actor }) => {
    const { account, tenant } = member;
    const isReached = mayAct(actor, 'manage-accounts', { tenantId: tenant.id, team });
    if (!isReached) return refuse('forbidden', { permission: 'manage-accounts' });
    const gained = team === null ? [] : gainedByMove(actor, member, team);
    if (gained.length > 0) return refuse('permission_not_held', { permissions: gained });
    const { doc: stored } = await accounts.update(account.id, (current) => ({ ...current, team }));
    if (!stored) return refuse('account_gone');
    return done(viewOf(stored), { entry: { detail: { before: account.team ?? '', after: team ?? '' } } });
  },
});

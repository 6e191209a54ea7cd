import type { Account, Accounts, Permission, Population } from '../accounts/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Lockout } from '../lockout/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Actor } from './passwords.ts';

/** Locks and status of accounts. */
export function createAccountActions(parts: {
  accounts: Accounts;
  lockout: Lockout;
  sessions: Sessions;
  audit: Audit;
}) {
  const { accounts, lockout, sessions, audit } = parts;

  /** @returns whether it was locked; both counts are cleared either way (LCK-5) */
  const unlock = async (account: Account, actor: Actor, reason: string): Promise<boolean> => {
    const wasLocked = await lockout.unlock(account.id);
    await audit.write({
      type: 'account.unlocked',
      outcome: 'success',
      actor: actor.by,
      tenantId: account.tenantId,
      accountId: account.id,
      reason,
    });
    return wasLocked;
  };

  return {
    unlock,
    /** Every locked account of a tenant, or of one population: one audit entry each (LCK-9). @returns their names */
    async unlockAll(
      tenantId: string,
      population: Population | undefined,
      actor: Actor,
      reason: string,
    ): Promise<string[]> {
      const unlocked: string[] = [];
      let after: string | undefined;
      do {
        // Each once, however often somebody locks it again meanwhile.
        const { items, next } = await accounts.list({
          tenantId,
          lockedOnly: true,
          limit: 100,
          ...(population ? { population } : {}),
          ...(after ? { after } : {}),
        });
        after = next;
        for (const account of items)
          if (await unlock(account, actor, reason)) unlocked.push(account.userName);
      } while (after);
      return unlocked;
    },
    /** Gives an account a permission for itself, or takes it back; what comes with the role stays. */
    async permit(
      account: Account,
      permission: Permission,
      isGiven: boolean,
      actor: Actor,
      reason: string,
    ): Promise<void> {
      await accounts.update(account.id, (current) => {
        const others = (current.permissions ?? []).filter((one) => one !== permission);
        return { ...current, permissions: isGiven ? [...others, permission] : others };
      });
      await audit.write({
        type: 'account.permissions',
        outcome: 'success',
        actor: actor.by,
        tenantId: account.tenantId,
        accountId: account.id,
        reason,
        detail: { permission, given: isGiven ? 'yes' : 'no' },
      });
    },

    /** Ends everything of the account, then forgets it; its name may be used again (ACC-8). What the audit says of it stays. */
    async deleteAccount(account: Account, actor: Actor, reason: string): Promise<void> {
      await sessions.credentialEvent({
        accountId: account.id,
        kind: 'deleted',
        change: (current) => ({ ...current, status: 'disabled' }),
        context: { actor: actor.by, reason },
      });
      await accounts.remove(account);
      await audit.write({
        type: 'account.deleted',
        outcome: 'success',
        actor: actor.by,
        tenantId: account.tenantId,
        accountId: account.id,
        reason,
        detail: { userName: account.userName, population: account.population, number: account.number },
      });
    },

    async setStatus(
      account: Account,
      status: Account['status'],
      actor: Actor,
      reason: string,
    ): Promise<void> {
      const change = (current: Account) => (current.status === status ? undefined : { ...current, status });
      const context = { actor: actor.by, reason };
      if (status === 'disabled')
        await sessions.credentialEvent({ accountId: account.id, kind: 'disabled', change, context });
      else await accounts.update(account.id, change);
      await audit.write({
        type: 'account.status',
        outcome: 'success',
        actor: actor.by,
        tenantId: account.tenantId,
        accountId: account.id,
        reason: reason === '' ? status : `${status}: ${reason}`,
      });
    },
  };
}

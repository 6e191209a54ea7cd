import type { Account, Accounts } from '../accounts/index.ts';
import type { Audit, AuditEvent } from '../audit/index.ts';
import type { Ephemeral } from '../stores/index.ts';

export type CredentialEventKind = 'password-changed' | 'password-set' | 'factor-reset' | 'disabled';

/** A kind of short-lived record that an account's credentials carry; each stands in the set `account`. */
export interface Dependent {
  kind: string;
  /** What the audit entry calls it. */
  name: string;
}

export interface CredentialEvent {
  accountId: string;
  kind: CredentialEventKind;
  /** The change itself, written in the same step as the new epoch; undefined leaves everything as it is. */
  change(account: Account): Account | undefined;
  /** Who, and from where, for the audit. */
  context: Pick<AuditEvent, 'actor' | 'address' | 'browser' | 'reason'>;
  /** The half-done sign-in in which a person changed the own password; it goes on. */
  keepAttempt?: string;
}

export interface Sessions {
  /**
   * One change of a credential and the end of all that depended on the old one (SES-4). The epoch rises with the change, and
   * from then on everything older is refused by whoever loads it; the sweep that deletes it may be late or die half-way.
   * @returns the account as stored, or undefined when there is none or `change` declined
   */
  credentialEvent(event: CredentialEvent): Promise<Account | undefined>;
}

export function createSessions(parts: {
  accounts: Accounts;
  ephemeral: Ephemeral;
  audit: Audit;
  dependents: readonly Dependent[];
}): Sessions {
  const { accounts, ephemeral, audit, dependents } = parts;

  const sweep = async (accountId: string, keepAttempt: string | undefined) => {
    const ended: Record<string, number> = {};
    for (const { kind, name } of dependents) {
      const ids = await ephemeral.members(kind, 'account', accountId, 0);
      const doomed = ids.filter((id) => id !== keepAttempt);
      for (const id of doomed) await ephemeral.remove(kind, id);
      if (doomed.length > 0) ended[name] = doomed.length;
    }
    return ended;
  };

  return {
    async credentialEvent({ accountId, kind, change, context, keepAttempt }) {
      let changed = false;
      const account = await accounts.update(accountId, (current) => {
        const next = change(current);
        changed = next !== undefined;
        return next && { ...next, epoch: current.epoch + 1 };
      });
      if (!account || !changed) return undefined;
      const ended = await sweep(accountId, keepAttempt);
      await audit.write({
        type: 'credential.event',
        outcome: 'success',
        tenantId: account.tenantId,
        accountId,
        ...context,
        reason: context.reason ?? kind,
        detail: { kind, ...ended },
      });
      return account;
    },
  };
}

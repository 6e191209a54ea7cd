import type { Account, Accounts } from '../../capabilities/accounts/index.ts';
import { type Clock, newId } from '../../foundation/base/index.ts';
import {
  type CollectionSpec,
  changeUntilWon,
  type Documents,
  eachPage,
} from '../../foundation/stores/index.ts';

/**
 * Keeps a tenant from losing its last working SysAdmin by an administrative action (ACC-6). Two who end each other at the same
 * moment would each see the other one at work: so each that is to leave is first recorded here by compare-and-set.
 */
export interface SysAdmins {
  /**
   * Makes the change after which a SysAdmin is one no more: disabled, demoted or deleted.
   * @returns what the change answers, or undefined for the last working one, who stays
   */
  leave<T extends object>(
    account: Pick<Account, 'id' | 'tenantId'>,
    change: () => Promise<T>,
  ): Promise<T | undefined>;
  /** After an account became one. */
  join(account: Pick<Account, 'id' | 'tenantId'>): Promise<void>;
}

interface Leave {
  id: string;
  accountId: string;
  /** Epoch seconds. */
  since: number;
}

interface Guard {
  /** The tenant. */
  id: string;
  members: readonly string[];
  /** The changes that are under way, by ids of their own: an account may be disabled twice at once, and enabled in between. */
  leaving: readonly Leave[];
}

const SPEC: CollectionSpec = { name: 'sysAdmins', indexes: {} };
/** By then the change of one who leaves has been made, or was lost in a crash. */
const LEAVING_SECONDS = 60;
const PAGE = 500;

function isWorking({ role, status, lock }: Account): boolean {
  return role === 'SysAdmin' && status === 'enabled' && lock === null;
}

export function createSysAdmins(parts: {
  documents: Documents;
  accounts: Accounts;
  clock: Clock;
}): SysAdmins {
  const { accounts, clock } = parts;
  const guards = parts.documents.collection<Guard>(SPEC);

  const everySysAdmin = async (tenantId: string): Promise<string[]> => {
    const found: string[] = [];
    const query = { tenantId, role: 'SysAdmin' as const, limit: PAGE };
    for await (const page of eachPage((from) => accounts.list({ ...query, ...from })))
      found.push(...page.map(({ id }) => id));
    return found;
  };

  /** Whether one of the others could go on administering. */
  const hasAnother = async (members: readonly string[], except: ReadonlySet<string>): Promise<boolean> => {
    for (const id of members) {
      if (except.has(id)) continue;
      const found = await accounts.byId(id);
      if (found && isWorking(found.doc)) return true;
    }
    return false;
  };

  /** The guard of a tenant is made where there is none yet. */
  const change = (tenantId: string, next: (guard: Guard) => Guard | Promise<Guard>) =>
    changeUntilWon(guards, tenantId, async (stored) =>
      next(stored ?? { id: tenantId, members: await everySysAdmin(tenantId), leaving: [] }),
    );

  /** Records that the account is to leave. @returns whether another one stays */
  const announce = async (leave: Leave, tenantId: string): Promise<boolean> => {
    const { doc } = await change(tenantId, async (guard) => {
      const leaving = guard.leaving.filter(({ since }) => leave.since - since < LEAVING_SECONDS);
      const except = new Set([...leaving.map(({ accountId }) => accountId), leave.accountId]);
      let { members } = guard;
      if (!(await hasAnother(members, except))) {
        // What was made beside this list counts too: it is looked for before anything is refused.
        members = await everySysAdmin(tenantId);
        if (!(await hasAnother(members, except))) return guard;
      }
      return {
        ...guard,
        members: members.filter((one) => one !== leave.accountId),
        leaving: [...leaving, leave],
      };
    });
    return doc.leaving.includes(leave);
  };

  return {
    async leave({ id: accountId, tenantId }, make) {
      const leave = { id: newId(), accountId, since: clock.now() };
      if (!(await announce(leave, tenantId))) return undefined;
      try {
        return await make();
      } finally {
        // Only now: until the change is made the account counts as gone, and does afterwards by what it is.
        await change(tenantId, (guard) => ({
          ...guard,
          leaving: guard.leaving.filter(({ id }) => id !== leave.id),
        }));
      }
    },
    async join({ id, tenantId }) {
      await change(tenantId, (guard) =>
        guard.members.includes(id) ? guard : { ...guard, members: [...guard.members, id] },
      );
    },
  };
}

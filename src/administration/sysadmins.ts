import type { Account, Accounts } from '../accounts/index.ts';
import type { Clock } from '../base/index.ts';
import type { CollectionSpec, Documents } from '../stores/index.ts';

/**
 * Keeps a tenant from losing its last working SysAdmin by an administrative action (ACC-6). Of two who take each other's place
 * at the same moment one is refused: whoever is to leave is first written down here by compare-and-set.
 */
export interface SysAdmins {
  /** Before a SysAdmin is disabled, demoted or deleted. @returns false for the last working one, who stays */
  release(account: Pick<Account, 'id' | 'tenantId'>): Promise<boolean>;
  /** After an account became one. */
  join(account: Pick<Account, 'id' | 'tenantId'>): Promise<void>;
}

interface Guard {
  /** The tenant. */
  id: string;
  members: readonly string[];
  /** Who is about to stop being one, and since when (epoch seconds). */
  leaving: Readonly<Record<string, number>>;
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
    let after: string | undefined;
    do {
      const page = await accounts.list({ tenantId, limit: PAGE, ...(after ? { after } : {}) });
      found.push(...page.items.filter(({ role }) => role === 'SysAdmin').map(({ id }) => id));
      after = page.next;
    } while (after);
    return found;
  };

  /** The guard of a tenant with its version; made where there is none yet. */
  const read = async (tenantId: string) => {
    for (;;) {
      const stored = await guards.get(tenantId);
      if (stored) return stored;
      await guards.insert({ id: tenantId, members: await everySysAdmin(tenantId), leaving: {} });
    }
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

  return {
    async release({ id, tenantId }) {
      for (;;) {
        const { doc, version } = await read(tenantId);
        const now = clock.now();
        const leaving = Object.fromEntries(
          Object.entries(doc.leaving).filter(([, since]) => now - since < LEAVING_SECONDS),
        );
        const except = new Set([...Object.keys(leaving), id]);
        let { members } = doc;
        if (!(await hasAnother(members, except))) {
          // What was made beside this list counts too: it is looked for before anything is refused.
          members = await everySysAdmin(tenantId);
          if (!(await hasAnother(members, except))) return false;
        }
        const next = {
          ...doc,
          members: members.filter((one) => one !== id),
          leaving: { ...leaving, [id]: now },
        };
        if (await guards.replace(next, version)) return true;
      }
    },
    async join({ id, tenantId }) {
      for (;;) {
        const { doc, version } = await read(tenantId);
        const { [id]: _left, ...leaving } = doc.leaving;
        const members = [...new Set([...doc.members, id])];
        if (await guards.replace({ ...doc, members, leaving }, version)) return;
      }
    },
  };
}

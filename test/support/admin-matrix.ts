import { type Grant, grantsOfRole, type Role } from '../../src/capabilities/accounts/index.ts';
import { addressOf } from '../../src/doors/admin-api/addresses.ts';
import { rfc3339, systemClock } from '../../src/foundation/base/index.ts';
import type { AnyOperation } from '../../src/use-cases/administration/index.ts';
import { INPUTS } from './operations.ts';

/** Who calls, as far as the table of permissions says what they may do. */
export interface Row {
  name: string;
  role: Role;
  /** Of the operator's tenant. */
  isOperator: boolean;
  team: string | null;
}

/** What is called upon. */
export interface Aim {
  name: string;
  /** What the place in the path or the query names. */
  at: Record<string, string>;
  /** Whose it is, seen from the tenant of the rows that are no operators; `nowhere`: it does not exist. */
  of: 'own' | 'foreign' | 'installation' | 'nowhere';
  team?: string;
  /** The account of the row with this name. */
  self?: string;
  /** An account that holds what a SysAdmin does. */
  isPowerful?: boolean;
  /** The permission of what was started. */
  needs?: string;
}

export type Verdict = 'admitted' | 'missing' | 'forbidden' | 'outranked';

function grantsOfRow({ role, isOperator }: Row): readonly Grant[] {
  return grantsOfRole(role, { clientCode: isOperator ? 'OPERATOR' : 'SITE' });
}

/** Whether a reach gets there, read off the words of `docs/permissions.md`. */
function gets({ reach }: Grant, row: Row, aim: Aim): boolean {
  if (reach === 'installation') return true;
  if (row.isOperator || aim.of !== 'own') return false;
  if (reach === 'tenant') return true;
  if (reach === 'team') return row.team !== null && aim.team === row.team;
  return aim.self === row.name;
}

/** It ends the sessions of the SysAdmins, too. */
const ON_EVERY_ACCOUNT = 'policy end-sessions';

/** What the table of permissions says of a call: reach first, then permission, then rank (ACC-5 to ACC-7, TEN-1). */
export function verdictOf(operation: AnyOperation, row: Row, aim: Aim): Verdict {
  const { on, permission, isNarrowed, effect } = operation;
  const grants = grantsOfRow(row);
  const needed = permission === 'per-record' ? aim.needs : permission;
  const ofNeeded = grants.filter((grant) => grant.permission === needed);
  const isForAll = on === 'installation' || (on === 'area' && Object.keys(aim.at).length === 0);
  if (isForAll) {
    const reaches = on === 'installation' ? ['installation'] : ['tenant', 'installation'];
    return ofNeeded.some(({ reach }) => reaches.includes(reach)) ? 'admitted' : 'forbidden';
  }
  if (aim.of === 'nowhere') return 'missing';
  const isHome = (on === 'tenant' || on === 'area') && aim.of === 'own' && !row.isOperator;
  if (!isHome && !grants.some((grant) => gets(grant, row, aim))) return 'missing';
  if (needed !== undefined) {
    const extended = isNarrowed && isHome && row.team !== null ? { ...aim, team: row.team } : aim;
    if (!ofNeeded.some((grant) => gets(grant, row, extended))) return 'forbidden';
  }
  const isOnPower = aim.isPowerful || operation.name === ON_EVERY_ACCOUNT;
  return effect !== 'reads' && isOnPower && row.role !== 'SysAdmin' ? 'outranked' : 'admitted';
}

/** Inputs of this matrix that differ: what would end the sessions of its own callers. */
const OWN_INPUTS: Readonly<Record<string, object>> = {
  // The API says times as RFC 3339 does.
  'compliance except': { rule: 'pci-expiry', reason: 'x', until: rfc3339(systemClock.now() + 86_400) },
  'policy end-sessions': { population: 'agent' },
};

/** The call of an operation upon what is aimed at. */
export function callOf(
  operation: AnyOperation,
  at: Aim['at'],
): { method: string; path: string; fields?: object } {
  const { method, path, names, hasBody } = addressOf(operation);
  const input = (OWN_INPUTS[operation.name] ?? INPUTS[operation.name]) as Record<string, unknown>;
  const values: Record<string, unknown> = { ...input, ...at };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const left = Object.fromEntries(Object.entries(input).filter(([name]) => !names.includes(name)));
  const isArea = operation.on === 'area' && at.tenant !== undefined;
  const query = new URLSearchParams({
    ...(hasBody ? {} : (left as Record<string, string>)),
    ...(isArea ? { tenant: String(at.tenant) } : {}),
  }).toString();
  return { method, path: query === '' ? filled : `${filled}?${query}`, ...(hasBody ? { fields: left } : {}) };
}

import type { CollectionSpec } from '../../foundation/stores/index.ts';
import type { Account } from './account.ts';
import { skeleton } from './names.ts';

/** Every index but the first three ends in the order of user names, so that each lists what it finds in that order. */
export const ACCOUNTS: CollectionSpec = {
  name: 'accounts',
  indexes: {
    name: { fields: ['tenantId', 'population', 'nameKey'], unique: true },
    email: { fields: ['tenantId', 'population', 'emailKey'] },
    shownName: { fields: ['tenantId', 'population', 'shownNameKey'] },
    passwordSetAt: { fields: ['tenantId', 'population', 'passwordSetAt'] },
    locked: { fields: ['tenantId', 'lockState', 'population', 'nameKey'] },
    status: { fields: ['tenantId', 'status', 'population', 'nameKey'] },
    factor: { fields: ['tenantId', 'secondFactor.status', 'population', 'nameKey'] },
    role: { fields: ['tenantId', 'role', 'population', 'nameKey'] },
    team: { fields: ['tenantId', 'teamKey', 'population', 'nameKey'] },
  },
};

/** What the indexes read follows from the rest, in one place. */
export function indexed(account: Account): Account {
  const isLocked = account.lock !== null || account.strangersLock !== null;
  return {
    ...account,
    emailKey: account.email === null ? '' : skeleton(account.email),
    shownNameKey: skeleton(account.name ?? ''),
    teamKey: account.team ?? '',
    passwordSetAt: account.password?.setAt ?? 0,
    lockState: isLocked ? 'locked' : 'open',
  };
}

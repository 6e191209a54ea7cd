import { type Account, noFactor } from '../../src/capabilities/accounts/index.ts';

/** An account for tables of pure rules: nothing stands in its way. */
export function anAccount(different: Partial<Account> = {}): Account {
  return {
    id: 'a',
    number: 1,
    tenantId: 't',
    population: 'user',
    userName: 'ann',
    nameKey: 'ann',
    name: null,
    email: null,
    emailKey: '',
    shownNameKey: '',
    teamKey: '',
    passwordSetAt: 1,
    role: 'Agent',
    status: 'enabled',
    lock: null,
    strangersLock: null,
    lockState: 'open',
    lockRound: 0,
    strangersRound: 0,
    epoch: 1,
    epochEvent: '',
    password: { hash: '', setAt: 1, temporary: null },
    history: [],
    link: null,
    secondFactor: noFactor,
    createdAt: 1,
    ...different,
  };
}

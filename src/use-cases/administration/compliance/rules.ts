import type { CountedAccounts } from '../../../capabilities/accounts/index.ts';
import { MAX_PASSWORD_LENGTH, minimumLength } from '../../../capabilities/passwords/index.ts';
import type { Policy } from '../../../capabilities/tenants/index.ts';

/** What rules are held against: the policy, and how many enabled accounts have no second factor. */
export interface Held {
  policy: Policy;
  administratorsWithoutFactor: CountedAccounts;
  accountsWithoutFactor: CountedAccounts;
}

export type Evidence = Readonly<Record<string, string | number | boolean | null>>;

/** One demand of a standard, and how it is judged. */
export interface Rule {
  id: string;
  /** Standard and clause. */
  source: string;
  demand: string;
  /** What is said where it is not met. */
  deviation: string;
  isMet(held: Held): boolean;
  /** The values that decided it. */
  evidence(held: Held): Evidence;
}

const PCI = 'PCI DSS 4.0.1';
const NIST = 'NIST SP 800-63B-4';
const ADMINISTRATORS = ['SysAdmin', 'SuperUser', 'Manager'] as const;
const EVERYONE = [...ADMINISTRATORS, 'Agent'] as const;

const asks = ({ policy: { secondFactor } }: Held, roles: readonly (typeof EVERYONE)[number][]) =>
  secondFactor.mode === 'required' &&
  (['user', 'agent'] as const).every((one) => secondFactor.populations.includes(one)) &&
  roles.every((role) => secondFactor.roles.includes(role));

const isNone = ({ count, isCapped }: CountedAccounts) => count === 0 && !isCapped;
const counted = ({ count, isCapped }: CountedAccounts) => (isCapped ? `${count} or more` : count);

const factorEvidence = ({ policy: { secondFactor } }: Held): Evidence => ({
  'secondFactor.mode': secondFactor.mode,
  'secondFactor.populations': secondFactor.populations.join(', '),
  'secondFactor.roles': secondFactor.roles.join(', '),
});

const lengthWithout = ({ policy: { password } }: Held) => minimumLength({ ...password, hasFactor: false });

const MINUTES_OF_A_DAY = 1_440;

/** Every rule of the compliance report (AUD-3). */
export const rules = [
  {
    id: 'pci-idle-session',
    source: `${PCI}, 8.2.8`,
    demand: 'A session that was idle for more than 15 minutes is signed in to again.',
    deviation: 'Sessions may be idle for longer.',
    isMet: ({ policy }) => policy.session.idleMinutes <= 15,
    evidence: ({ policy }) => ({ 'session.idleMinutes': policy.session.idleMinutes }),
  },
  {
    id: 'pci-lockout',
    source: `${PCI}, 8.3.4`,
    demand:
      'At most 10 failures lock an account, for 30 minutes at least or until the person was identified.',
    deviation: 'More than 10 failures are allowed.',
    isMet: ({ policy: { lockout } }) => Math.max(lockout.user, lockout.agent, lockout.secondFactor) <= 10,
    evidence: ({ policy: { lockout } }) => ({
      'lockout.user': lockout.user,
      'lockout.agent': lockout.agent,
      'lockout.secondFactor': lockout.secondFactor,
      'a lock stays until': 'an administrator unlocks the account',
    }),
  },
  {
    id: 'pci-first-password',
    source: `${PCI}, 8.3.5`,
    demand: 'A password that someone else set is unique, and changed at its first use.',
    deviation: 'A password that someone else set stays.',
    isMet: ({ policy }) => policy.password.setByOthers !== 'permanent',
    evidence: ({ policy }) => ({ 'password.setByOthers': policy.password.setByOthers }),
  },
  {
    id: 'pci-strength',
    source: `${PCI}, 8.3.6`,
    demand: 'Passwords have at least 12 characters, with digits and letters.',
    deviation: 'Shorter passwords, or passwords of one kind of character, are accepted.',
    isMet: (held) => held.policy.password.strength !== 'length' && lengthWithout(held) >= 12,
    evidence: (held) => ({
      'password.strength': held.policy.password.strength,
      'shortest password': lengthWithout(held),
    }),
  },
  {
    id: 'pci-history',
    source: `${PCI}, 8.3.7`,
    demand: 'A new password is none of the last four.',
    deviation: 'One of the last four passwords may come back.',
    isMet: ({ policy }) => policy.password.historyCount >= 4,
    evidence: ({ policy }) => ({ 'password.historyCount': policy.password.historyCount }),
  },
  {
    id: 'pci-expiry',
    source: `${PCI}, 8.3.9`,
    demand: 'Where a password is the only factor, it is changed every 90 days.',
    deviation: 'People without a second factor may keep a password for longer than 90 days.',
    isMet: (held) => asks(held, EVERYONE) || (held.policy.password.expireAfterDays ?? Infinity) <= 90,
    evidence: (held) => ({
      'password.expireAfterDays': held.policy.password.expireAfterDays,
      ...factorEvidence(held),
    }),
  },
  {
    id: 'pci-factor-of-administrators',
    source: `${PCI}, 8.4.1`,
    demand: 'Everyone who may act on others signs in with a second factor.',
    deviation: 'Someone with the role SysAdmin, SuperUser or Manager may sign in with a password only.',
    isMet: (held) => asks(held, ADMINISTRATORS) || isNone(held.administratorsWithoutFactor),
    evidence: (held) => ({
      ...factorEvidence(held),
      'enabled administrators without a second factor': counted(held.administratorsWithoutFactor),
    }),
  },
  {
    id: 'pci-factor-of-all',
    source: `${PCI}, 8.4.2 and 8.4.3`,
    demand: 'Everyone signs in with a second factor.',
    deviation: 'Some may sign in with a password only.',
    isMet: (held) => asks(held, EVERYONE) || isNone(held.accountsWithoutFactor),
    evidence: (held) => ({
      ...factorEvidence(held),
      'enabled accounts without a second factor': counted(held.accountsWithoutFactor),
    }),
  },
  {
    id: 'pci-no-bypass',
    source: `${PCI}, 8.5.1`,
    demand: 'All factors are given before access, with no way around them.',
    deviation: 'A trusted browser skips the second factor for days.',
    isMet: ({ policy }) => typeof policy.secondFactor.trustDays !== 'number',
    evidence: ({ policy }) => ({ 'secondFactor.trustDays': policy.secondFactor.trustDays }),
  },
  {
    id: 'nist-length',
    source: `${NIST}, 3.1.1.2`,
    demand: 'Passwords have at least 15 characters, or 8 beside a second factor; 64 and more are accepted.',
    deviation: 'Shorter passwords are accepted of people without a second factor.',
    isMet: (held) => asks(held, EVERYONE) || lengthWithout(held) >= 15,
    evidence: (held) => ({
      'shortest password without a second factor': lengthWithout(held),
      'longest password': MAX_PASSWORD_LENGTH,
      ...factorEvidence(held),
    }),
  },
  {
    id: 'nist-no-composition',
    source: `${NIST}, 3.1.1.2`,
    demand: 'No mixture of kinds of characters is asked for.',
    deviation: 'Passwords must mix kinds of characters.',
    isMet: ({ policy }) => policy.password.strength === 'length',
    evidence: ({ policy }) => ({ 'password.strength': policy.password.strength }),
  },
  {
    id: 'nist-no-expiry',
    source: `${NIST}, 3.1.1.2`,
    demand: 'Passwords are changed when they may be known to others, and not after a time.',
    deviation: 'Passwords expire.',
    isMet: ({ policy }) => policy.password.expireAfterDays === null,
    evidence: ({ policy }) => ({ 'password.expireAfterDays': policy.password.expireAfterDays }),
  },
  {
    id: 'nist-block-list',
    source: `${NIST}, 3.1.1.2`,
    demand: 'Common, breached and expected passwords are refused.',
    deviation: 'Common passwords, or parts of the name of the person or the site, are accepted.',
    isMet: ({ policy: { password } }) => password.blockList && password.personalData,
    evidence: ({ policy: { password } }) => ({
      'password.blockList': password.blockList,
      'password.personalData': password.personalData,
    }),
  },
  {
    id: 'nist-phishing-resistance',
    source: `${NIST}, 2.2.2`,
    demand: 'People can choose a factor that withstands phishing.',
    deviation: 'No passkey can be set up.',
    isMet: ({ policy }) => policy.secondFactor.methods.includes('passkey'),
    evidence: ({ policy }) => ({ 'secondFactor.methods': policy.secondFactor.methods.join(', ') }),
  },
  {
    id: 'nist-reauthentication',
    source: `${NIST}, 2.2.3`,
    demand: 'A session ends after 24 hours, or an hour without use.',
    deviation: 'Sessions last longer.',
    isMet: ({ policy: { session } }) =>
      session.absoluteMinutes <= MINUTES_OF_A_DAY && session.idleMinutes <= 60,
    evidence: ({ policy: { session } }) => ({
      'session.absoluteMinutes': session.absoluteMinutes,
      'session.idleMinutes': session.idleMinutes,
    }),
  },
] as const satisfies readonly Rule[];

export const ruleIds = rules.map(({ id }) => id);

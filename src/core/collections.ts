// The one list of every collection of documents: what an export carries, what the master keys seal, and what goes with an account.
import type { Documents } from '../foundation/stores/index.ts';

export interface ListedCollection {
  /** What one document is. */
  holds: string;
  /** `whole`, the fields that an export leaves out as they are secret, or why no export carries the collection. */
  exported: 'whole' | { without: readonly string[] } | { not: string };
  /** Fields that the master keys seal; `[]` stands for every item of an array. */
  sealed: readonly string[];
  /**
   * The fields that name an account or hold what is a person's own; none unless given. They are erased with the account, or
   * kept for a reason.
   */
  ofAccount?: { fields: readonly string[]; kept?: string };
}

export const collections = {
  accounts: {
    holds: 'A user or agent of a tenant, with password and second factor.',
    exported: {
      without: [
        'password',
        'history',
        'link',
        'secondFactor.authenticators',
        'secondFactor.recoveryCodes',
        'secondFactor.loginCode',
        'secondFactor.slip',
      ],
    },
    sealed: ['secondFactor.authenticators[].sealedSecret', 'secondFactor.slip.sealedSecret'],
    ofAccount: {
      fields: [
        'id',
        'userName',
        'nameKey',
        'name',
        'email',
        'emailKey',
        'secondFactor.authenticators[].email',
      ],
    },
  },
  apiTokens: {
    holds: 'A token by which the programs of a tenant name themselves.',
    exported: { without: ['hash'] },
    sealed: [],
    ofAccount: { fields: ['createdBy'], kept: 'The token is of the tenant.' },
  },
  apiUsage: { holds: 'How much a token was used on one day.', exported: 'whole', sealed: [] },
  applications: {
    holds: 'A registered OAuth client.',
    exported: { without: ['secretHashes'] },
    sealed: [],
  },
  audit: {
    holds: 'An entry of the audit.',
    exported: 'whole',
    sealed: [],
    ofAccount: {
      fields: ['actor', 'accountId', 'detail.userName', 'detail.account', 'detail.actor'],
      kept: 'What happened stays on record (ACC-8).',
    },
  },
  counters: {
    holds: 'The last number of a kind that was given.',
    exported: { not: 'Another installation counts on its own.' },
    sealed: [],
  },
  identifiers: {
    holds: 'A name or an address that is reserved for one account.',
    exported: { not: 'It is made from the accounts.' },
    sealed: [],
    ofAccount: { fields: ['id', 'accountId'] },
  },
  installation: {
    holds: 'What joins both stores and the master keys.',
    exported: { not: 'It is of this installation only.' },
    sealed: ['macRoot'],
  },
  jobs: {
    holds: 'Work that is to be done, such as a mail.',
    exported: { not: 'It is done here, and then it is gone.' },
    sealed: ['sealed'],
    ofAccount: {
      fields: ['sealed'],
      kept: 'The person is told of the deletion, and sessions are ended; a job is given up after a day.',
    },
  },
  logoutDeliveries: {
    holds: 'What an application was told of the end of a session, or is to be told.',
    exported: { not: 'The sessions were of this installation only.' },
    sealed: [],
    ofAccount: {
      fields: ['accountId'],
      kept: 'Applications hear of the sessions that ended with the account; deleted seven days later.',
    },
  },
  longOperations: {
    holds: 'An operation that was started, how far it is, and what it came to.',
    exported: { not: 'It is run here, and deleted seven days after its end.' },
    sealed: ['sealedOutcome'],
    ofAccount: { fields: ['by'], kept: 'It says who asked; deleted seven days after its end.' },
  },
  policyRevisions: {
    holds: 'A former policy of a tenant.',
    exported: 'whole',
    sealed: [],
    ofAccount: { fields: ['by'], kept: 'It says who changed the policy.' },
  },
  setUp: {
    holds: 'The hash of the link under which the first operator is made.',
    exported: { not: 'It is of this installation only.' },
    sealed: [],
  },
  signingKeys: {
    holds: 'A key that signs tokens.',
    exported: { not: 'No private key leaves the installation.' },
    sealed: ['sealedJwk'],
  },
  statistics: { holds: 'How much happened in a tenant on one day.', exported: 'whole', sealed: [] },
  sysAdmins: {
    holds: 'The SysAdmins of a tenant, and those who are about to be one no more.',
    exported: { not: 'It is made from the accounts.' },
    sealed: [],
    ofAccount: { fields: ['members[]', 'leaving[].accountId'] },
  },
  tenants: {
    holds: 'A tenant with its policy and roles.',
    exported: 'whole',
    sealed: [],
    ofAccount: {
      fields: ['revision.by', 'scheduled.by', 'exceptions[].by'],
      kept: 'They say who changed the policy, and who answers for an exception.',
    },
  },
  webhookDeliveries: {
    holds: 'What a webhook was told of one event, or is to be told.',
    exported: { not: 'The events were of this installation only.' },
    sealed: [],
  },
  webhookProgress: {
    holds: 'How far a webhook was told of the audit.',
    exported: { not: 'Another installation has an audit of its own.' },
    sealed: [],
  },
  webhooks: {
    holds: 'An address that is told of the events of a tenant.',
    exported: { without: ['secrets'] },
    sealed: ['secrets[].sealed'],
    ofAccount: { fields: ['createdBy', 'changedBy'], kept: 'The webhook is of the tenant.' },
  },
} as const satisfies Readonly<Record<string, ListedCollection>>;

/** The same store, which opens only what is in the list: a new collection cannot be forgotten. */
export function onlyListed(documents: Documents): Documents {
  return {
    ...documents,
    collection: (spec) => {
      if (!Object.hasOwn(collections, spec.name))
        throw new RangeError(`${spec.name} is not in the list of collections`);
      return documents.collection(spec);
    },
  };
}

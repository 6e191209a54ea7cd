// The one list of everything short-lived: what ends with an account's credentials (SES-4), and why the rest need not.
import { dependents } from '../capabilities/browser-sessions/index.ts';
import type { Dependent } from '../capabilities/credential-events/index.ts';
import type { Ephemeral } from '../foundation/stores/index.ts';

/** What an account's credentials carry: each record stands in the set `account`, and ends with a credential event. */
export const accountDependents: readonly Dependent[] = [
  ...dependents,
  { kind: 'ApiSession', name: 'apiSessions' },
  { kind: 'Attempt', name: 'halfDoneSignIns' },
  { kind: 'Activation', name: 'activations' },
  { kind: 'MailedCode', name: 'mailedCodes' },
  { kind: 'FactorSetUp', name: 'factorSetUps' },
  { kind: 'ShownCodes', name: 'shownCodes' },
  { kind: 'RecoveryProof', name: 'recoveryProofs' },
  { kind: 'TrustedBrowser', name: 'trustedBrowsers' },
  { kind: 'KnownBrowser', name: 'knownBrowsers', survivesOwnChange: true },
];

/** What carries no credential of an account, and why. */
export const independents: Readonly<Record<string, string>> = {
  Interaction: 'an authorization request; who signs in is in its Attempt',
  SessionAlias: 'points at a Session, and opens nothing without it',
  ApiSessionPlace: 'which of several sign-ins of a program was first; opens nothing without its ApiSession',
  ReplayDetection: 'ids of proofs that were used',
  ClientCredentials: 'the token of a machine',
  PasskeyChallenge: 'random bytes that a passkey answers; the answer is judged by the account',
  Flash: 'a sentence to show once',
  IdempotentAnswer: 'the answer to a creation over the admin API, sealed; opens nothing without its caller',
  Submission: 'a form that was posted, by a MAC of its fields: where it led',
  MailDelay: 'whether the mail server is down',
};

const names = new Set([...accountDependents.map(({ kind }) => kind), ...Object.keys(independents)]);
const dependent = new Set(accountDependents.map(({ kind }) => kind));

/** @throws RangeError for a kind that is in neither list, or that belongs to an account and is not in the first */
function assertRegistered(kind: string, sets: Readonly<Record<string, string>> = {}): void {
  if (!names.has(kind)) throw new RangeError(`${kind} is not in the list of what is short-lived`);
  if ('account' in sets && !dependent.has(kind))
    throw new RangeError(`${kind} belongs to an account and would outlive its credentials`);
}

/** The same store, which takes only what is in the list: a new kind cannot be forgotten. */
export function onlyRegistered(ephemeral: Ephemeral): Ephemeral {
  return {
    ...ephemeral,
    put: (kind, id, record, now) => {
      assertRegistered(kind, record.sets);
      return ephemeral.put(kind, id, record, now);
    },
    insert: (kind, id, record, now) => {
      assertRegistered(kind, record.sets);
      return ephemeral.insert(kind, id, record, now);
    },
    replace: (kind, id, record, version, now) => {
      assertRegistered(kind, record.sets);
      return ephemeral.replace(kind, id, record, version, now);
    },
    merge: (kind, id, change, now) => {
      assertRegistered(kind, change.sets);
      return ephemeral.merge(kind, id, change, now);
    },
  };
}

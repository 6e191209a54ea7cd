/**
 * Why someone may have to prove themselves again, and what each reason does to what is running (PWD-17, SES-4, D18).
 */
interface Effect {
  /** `hygiene` waits for the next fresh sign-in, `security` acts at once, a `lock` refuses new sign-ins at once. */
  kind: 'hygiene' | 'security' | 'lock';
  /** What a fresh sign-in does about it. */
  freshSignIn: 'refused' | 'change-password' | 'activate' | 'asked again';
  /** `at the deadline`: the one that a change of policy set, where it set one (PWD-16). */
  runningSession: 'stays' | 'ends' | 'at the deadline';
  apiSession: 'stays' | 'ends';
}

/** The one table of reasons. The first half are states of an account, the second half events, which raise the epoch. */
export const reasonTable = {
  disabled: { kind: 'security', freshSignIn: 'refused', runningSession: 'ends', apiSession: 'ends' },
  locked: { kind: 'lock', freshSignIn: 'refused', runningSession: 'stays', apiSession: 'stays' },
  'password-missing': {
    kind: 'hygiene',
    freshSignIn: 'refused',
    runningSession: 'stays',
    apiSession: 'ends',
  },
  'password-temporary': {
    kind: 'hygiene',
    freshSignIn: 'change-password',
    runningSession: 'at the deadline',
    apiSession: 'ends',
  },
  'password-expired': {
    kind: 'hygiene',
    freshSignIn: 'change-password',
    runningSession: 'at the deadline',
    apiSession: 'ends',
  },
  'password-compromised': {
    kind: 'security',
    freshSignIn: 'change-password',
    runningSession: 'ends',
    apiSession: 'ends',
  },
  'factor-missing': {
    kind: 'hygiene',
    freshSignIn: 'activate',
    runningSession: 'at the deadline',
    apiSession: 'stays',
  },
  'event: password changed': {
    kind: 'security',
    freshSignIn: 'asked again',
    runningSession: 'ends',
    apiSession: 'ends',
  },
  'event: password set': {
    kind: 'security',
    freshSignIn: 'asked again',
    runningSession: 'ends',
    apiSession: 'ends',
  },
  'event: factor reset': {
    kind: 'security',
    freshSignIn: 'asked again',
    runningSession: 'ends',
    apiSession: 'ends',
  },
  'event: sessions ended': {
    kind: 'security',
    freshSignIn: 'asked again',
    runningSession: 'ends',
    apiSession: 'ends',
  },
  'event: locked, where the site wants it': {
    kind: 'lock',
    freshSignIn: 'refused',
    runningSession: 'ends',
    apiSession: 'ends',
  },
} as const satisfies Record<string, Effect>;

/** A state of an account that the table knows. */
export type Reason = Exclude<keyof typeof reasonTable, `event: ${string}`>;
/** The reasons that are states of an account. */
export const stateReasons = Object.keys(reasonTable).filter(
  (name): name is Reason => !name.startsWith('event: '),
);

/** What a person proves first: their password, or a passkey in its place. */
export type FirstProof = 'password' | 'passkey';

const ABOUT_THE_PASSWORD: ReadonlySet<Reason> = new Set([
  'password-missing',
  'password-temporary',
  'password-expired',
  'password-compromised',
]);

/** The reasons that hold for a person who proved this first: those about the password only where it was the password. */
export function reasonsFor(first: FirstProof, reasons: readonly Reason[]): Reason[] {
  return reasons.filter((reason) => first === 'password' || !ABOUT_THE_PASSWORD.has(reason));
}

/** What an account is like now, as the rooms that know find it. */
export interface Facts {
  isDisabled: boolean;
  isLocked: boolean;
  password: 'missing' | 'temporary' | 'expired' | 'compromised' | 'fine';
  owesFactor: boolean;
}

/** Every reason that holds, in the order of the table. */
export function reasonsFrom({ isDisabled, isLocked, password, owesFactor }: Facts): Reason[] {
  const holds: [boolean, Reason][] = [
    [isDisabled, 'disabled'],
    [isLocked, 'locked'],
    [password === 'missing', 'password-missing'],
    [password === 'temporary', 'password-temporary'],
    [password === 'expired', 'password-expired'],
    [password === 'compromised', 'password-compromised'],
    [owesFactor, 'factor-missing'],
  ];
  return holds.filter(([does]) => does).map(([, reason]) => reason);
}

/** The first reason for which a fresh sign-in does this. */
export function reasonTo(step: Effect['freshSignIn'], reasons: readonly Reason[]): Reason | undefined {
  return reasons.find((reason) => reasonTable[reason].freshSignIn === step);
}

/**
 * Whether any reason ends the sessions and tokens that run now: at once, or because a deadline has passed at which it held.
 * @param duesPast the reasons that held at a deadline which has passed; what came up later waits for the next sign-in
 */
export function endsRunningSession(reasons: readonly Reason[], duesPast: readonly Reason[]): boolean {
  return reasons.some((reason) => {
    const { runningSession } = reasonTable[reason];
    return runningSession === 'ends' || (runningSession === 'at the deadline' && duesPast.includes(reason));
  });
}

/** Whether any reason ends the sessions of programs (API-6). */
export function endsApiSession(reasons: readonly Reason[]): boolean {
  return reasons.some((reason) => reasonTable[reason].apiSession === 'ends');
}

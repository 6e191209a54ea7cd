import type { Account, Authenticator } from '../../accounts/index.ts';
import type { Mail } from '../../mail/index.ts';
import type { Policy, Tenant } from '../../tenants/index.ts';
import type { Challenges } from '../challenges.ts';
import type { MailedCodes } from '../mailed-codes.ts';
import type { Passkeys } from '../passkeys.ts';
import type { CodeVerdict, TotpSecrets } from '../totp-secrets.ts';

/** What the methods work with; made in core. */
export interface MethodTools {
  totp: TotpSecrets;
  mailedCodes: MailedCodes;
  passkeys: Passkeys;
  challenges: Challenges;
  mail: Pick<Mail, 'isConfigured' | 'isDelayed'>;
}

/** Where a person sets a method up, or proves it. */
export interface Place {
  /** What its codes and challenges are bound to, such as one sign-in attempt of one person. */
  place: string;
  account: Account;
  tenant: Tenant;
}

export interface SetUpPlace extends Place {
  /** What the set-up began with, sealed; empty for a method that begins with nothing. */
  secret: string;
}

export type PageData = Record<string, unknown>;

/** What a proof tells of the authenticator that gave it. */
export interface Traits {
  /** It is on several devices, or only on one (RFC 8176: `swk`, `hwk`). */
  isSynced?: boolean;
}

/** What every method says of itself. Texts and templates go by its name. */
interface Common {
  /** As the policy, addresses, pages and texts call it. */
  name: string;
  /** As the account keeps it. */
  kind: string;
  /** As proofs and the audit call what was typed. */
  said: string;
  /** How many a person may have; one of one takes the place of the former. */
  most: number;
  /** It can be set up again while it is on, as on another device. */
  isReplaceable: boolean;
  needsMail: boolean;
  /** The secret on a printed slip is one of this method (MFA-17). */
  takesSlips: boolean;
  /** What a page says of a try that was not right. */
  refusal: 'wrong-code' | 'passkey-refused';
  /** The value that stands for it in the tokens (RFC 8176). */
  amr(traits: Traits): string;
  traits?(authenticator: Authenticator): Traits;
  /** What the person calls it, where they may have several. */
  nameOf?(authenticator: Authenticator): string;
  /** What a set-up begins with, sealed: the door keeps it until the end. */
  begin?(tools: MethodTools, account: Account): string;
  /** What a page shows to set it up, at the sign-in and on the person's own pages. */
  setUpPage(tools: MethodTools, at: SetUpPlace): Promise<PageData>;
  /** What a page shows to prove it. */
  proofPage(tools: MethodTools, at: Place): Promise<PageData>;
  /** Sends the person what they prove it with. @returns undefined if there is nowhere to send it */
  send?(
    tools: MethodTools,
    at: Pick<Place, 'place' | 'account'>,
    purpose: 'set-up' | 'proof',
  ): Promise<'sent' | 'too-soon' | 'too-many' | undefined>;
  /** Whether anything was sent at this place. */
  wasSent?(tools: MethodTools, place: string): Promise<boolean>;
  /** The same under the first master key, or undefined when nothing of it is sealed under another. */
  reseal?(tools: Pick<MethodTools, 'totp'>, account: Account, one: Authenticator): Authenticator | undefined;
}

/** Six digits, typed into the one field for codes. */
export interface CodeMethod extends Common {
  proof: 'code';
  /** Judges the code that ends a set-up; a right one is spent. */
  spendNew(tools: MethodTools, at: SetUpPlace, digits: string): Promise<CodeVerdict>;
  /** What the account then keeps. */
  authenticator(tools: MethodTools, at: SetUpPlace): Authenticator;
  /**
   * Judges a code against what the account has; a right one is spent.
   * @param mailed the context in which a code may have been mailed; none where mail is no proof
   * @returns undefined if the account has none of it, or it is no proof here
   */
  spend(
    tools: Pick<MethodTools, 'totp' | 'mailedCodes'>,
    account: Account,
    digits: string,
    at: { policy: Policy; mailed: string | undefined },
  ): Promise<CodeVerdict | undefined>;
}

/** An answer of the browser to a challenge, which is spent before the answer is judged. */
export interface AnswerMethod extends Common {
  proof: 'answer';
  /** The name of the field that carries the answer. */
  field: string;
  /** @returns what the account then keeps; undefined for an answer that is not sound, or of one that it has already */
  created(
    tools: MethodTools,
    account: Account,
    answer: { text: string; name: string; challenge: string },
  ): Promise<Authenticator | undefined>;
  /** @param mustVerifyPerson by PIN or finger: without a password before it */
  judge(
    tools: Pick<MethodTools, 'passkeys'>,
    account: Account,
    answer: { text: string; challenge: string },
    mustVerifyPerson: boolean,
  ): Promise<{ verdict: CodeVerdict; held: Authenticator | undefined }>;
}

export type Method = CodeMethod | AnswerMethod;

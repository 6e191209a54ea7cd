import { type Clock, newId, sameSecret, type Vault } from '../../foundation/base/index.ts';
import type { Ephemeral, StoredRecord } from '../../foundation/stores/index.ts';
import type { Account } from '../accounts/index.ts';
import type { Mail } from '../mail/index.ts';
import { newMailedCode } from './codes.ts';
import type { MailAuthenticator } from './methods/mail.ts';
import type { CodeVerdict } from './totp-secrets.ts';

/** How the last code of a context stands, for the page. */
export interface MailedState {
  /** Epoch seconds; 0: none was sent. */
  sentAt: number;
  /** It can still be used. */
  isLive: boolean;
  /** None more is sent in this context. */
  isUsedUp: boolean;
}

/** Six digits by mail: bound to one context, such as a sign-in attempt; a newer one voids the older (MFA-9). */
export interface MailedCodes {
  /** Sends one, unless the last is younger than a minute or five were sent. */
  send(context: string, account: Account, email: string): Promise<'sent' | 'too-soon' | 'too-many'>;
  state(context: string): Promise<MailedState>;
  authenticator(email: string): MailAuthenticator;
  /** Of any number at once one is accepted. */
  spend(context: string, account: Account, digits: string): Promise<CodeVerdict>;
}

interface Kept {
  accountId: string;
  /** A MAC, as six digits can be guessed from a hash; empty once it was used. */
  mac: string;
  sentAt: number;
  sends: number;
}

const KIND = 'MailedCode';
const LIFE_SECONDS = 600;
const PAUSE_SECONDS = 60;
const MOST = 5;
const HOUR = 3_600;
/** For one account, no matter how many attempts it has: someone who knows a password cannot flood a mailbox (S49). */
const MOST_AN_HOUR = 20;

export function createMailedCodes(parts: {
  ephemeral: Ephemeral;
  budgets: { take(name: string, size: number, seconds: number): Promise<boolean> };
  mail: Mail;
  vault: Vault;
  clock: Clock;
  /** Epoch seconds at which a lost store was created again: what was sent before may have been used (P6). */
  forgottenBefore(): Promise<number>;
}): MailedCodes {
  const { ephemeral, budgets, mail, vault, clock, forgottenBefore } = parts;
  const macOf = (context: string, digits: string) => vault.mac('mailed-code', `${context}:${digits}`);
  const record = (kept: Kept) => ({
    value: JSON.stringify(kept),
    expiresAt: kept.sentAt + HOUR,
    sets: { account: kept.accountId },
  });
  const read = async (context: string): Promise<{ kept: Kept; stored: StoredRecord } | undefined> => {
    const stored = await ephemeral.get(KIND, context, clock.now());
    return stored && { kept: JSON.parse(stored.value) as Kept, stored };
  };

  return {
    async send(context, account, email) {
      const now = clock.now();
      const found = await read(context);
      if (found && found.kept.sends >= MOST) return 'too-many';
      if (found && now < found.kept.sentAt + PAUSE_SECONDS) return 'too-soon';
      if (!(await budgets.take(`mailed-code:${account.id}`, MOST_AN_HOUR, HOUR))) return 'too-many';
      const digits = newMailedCode();
      const sends = (found?.kept.sends ?? 0) + 1;
      const next = record({ accountId: account.id, mac: macOf(context, digits), sentAt: now, sends });
      const isFirst = found
        ? await ephemeral.replace(KIND, context, next, found.stored.version, now)
        : await ephemeral.insert(KIND, context, next, now);
      // Another tab asked in the same moment: its mail is on its way.
      if (!isFirst) return 'too-soon';
      await mail.notify(account, 'code', { code: digits }, { to: email, giveUpAt: now + LIFE_SECONDS });
      return 'sent';
    },

    async state(context) {
      const found = await read(context);
      if (!found) return { sentAt: 0, isLive: false, isUsedUp: false };
      const { sentAt, sends, mac } = found.kept;
      const isLive = mac !== '' && clock.now() < sentAt + LIFE_SECONDS;
      return { sentAt, isLive, isUsedUp: sends >= MOST };
    },

    authenticator: (email) => ({ id: newId(), kind: 'mail', email, boundAt: clock.now() }),

    async spend(context, account, digits) {
      const found = await read(context);
      if (!found || found.kept.accountId !== account.id) return 'wrong';
      const { kept, stored } = found;
      if (!sameSecret(kept.mac, macOf(context, digits))) return 'wrong';
      const now = clock.now();
      const isOld = now >= kept.sentAt + LIFE_SECONDS || kept.sentAt <= (await forgottenBefore());
      if (isOld) return 'expired';
      const won = await ephemeral.replace(KIND, context, record({ ...kept, mac: '' }), stored.version, now);
      return won ? 'accepted' : 'replayed';
    },
  };
}

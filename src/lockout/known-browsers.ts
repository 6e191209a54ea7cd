import type { Account } from '../accounts/index.ts';
import { type Clock, fingerprint, newSecret } from '../base/index.ts';
import type { Ephemeral } from '../stores/index.ts';
import type { BrowserClass } from './policy.ts';

export interface KnownBrowsers {
  /** @param mark what the browser carries; a forged or foreign one is a stranger's */
  classOf(mark: string | undefined, account: Account): Promise<BrowserClass>;
  /** Remembers a browser that finished a sign-in. @returns the mark that it must carry, its own where it has one */
  remember(mark: string | undefined, account: Account): Promise<string>;
}

const KIND = 'KnownBrowser';
const KEPT_SECONDS = 400 * 86_400;
const MARK = /^[A-Za-z0-9_-]{43}$/;

/** One mark a browser, for everybody who shares the desk; the record says for which account it is known. */
function recordId(mark: string, accountId: string): string {
  return fingerprint(`${mark}:${accountId}`);
}

/** Browsers that a person has used before (LCK-7). To be one opens nothing: it is a budget of its own. */
export function createKnownBrowsers({
  ephemeral,
  clock,
}: {
  ephemeral: Ephemeral;
  clock: Clock;
}): KnownBrowsers {
  return {
    async classOf(mark, account) {
      if (mark === undefined || !MARK.test(mark)) return 'stranger';
      const record = await ephemeral.get(KIND, recordId(mark, account.id), clock.now());
      return record ? 'known' : 'stranger';
    },
    async remember(mark, account) {
      const kept = mark !== undefined && MARK.test(mark) ? mark : newSecret();
      const now = clock.now();
      const record = { value: '{}', expiresAt: now + KEPT_SECONDS, sets: { account: account.id } };
      await ephemeral.put(KIND, recordId(kept, account.id), record, now);
      return kept;
    },
  };
}

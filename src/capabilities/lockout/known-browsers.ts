import { browserToken, type Clock, fingerprint, withNewBrowserToken } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import type { Account } from '../accounts/index.ts';
import type { BrowserClass } from './policy.ts';

export interface KnownBrowsers {
  /** @param carried what the browser carries; a forged or foreign mark is a stranger's */
  classOf(carried: string | undefined, account: Account): Promise<BrowserClass>;
  /**
   * Remembers a browser that finished a sign-in, by a new mark: a copy of the former one is a stranger's from then on.
   * @returns what the browser must carry
   */
  remember(carried: string | undefined, account: Account): Promise<string>;
}

const KIND = 'KnownBrowser';
const KEPT_SECONDS = 400 * 86_400;

/** Each account has a mark of its own in a browser. */
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
    async classOf(carried, account) {
      const mark = browserToken(carried, account.id);
      if (mark === undefined) return 'stranger';
      const record = await ephemeral.get(KIND, recordId(mark, account.id), clock.now());
      return record ? 'known' : 'stranger';
    },
    async remember(carried, account) {
      const next = withNewBrowserToken(carried, account.id);
      const now = clock.now();
      const record = { value: '{}', expiresAt: now + KEPT_SECONDS, sets: { account: account.id } };
      await ephemeral.put(KIND, recordId(next.token, account.id), record, now);
      if (next.former !== undefined) await ephemeral.remove(KIND, recordId(next.former, account.id));
      return next.carried;
    },
  };
}

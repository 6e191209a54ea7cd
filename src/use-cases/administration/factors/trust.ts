import { z } from 'zod';
import { refuse } from '../../../foundation/base/index.ts';
import { done, operation } from '../operation.ts';
import { instant, nothing, reason } from '../schemas.ts';

/** @see MFA-13 */
export const trustedBrowsers = operation({
  name: 'account trusted-browsers',
  summary: 'Lists the browsers in which the person need not give a code.',
  on: 'account',
  permission: 'read-accounts',
  effect: 'reads',
  path: '/tenants/{tenant}/accounts/{account}/trusted-browsers',
  input: nothing,
  output: z.object({
    trustedBrowsers: z.array(
      z.object({
        id: z.string(),
        beganAt: instant,
        endsAt: instant,
        address: z.string(),
        browser: z.string(),
      }),
    ),
  }),
  run: async (parts, member) => done({ trustedBrowsers: await parts.trustedBrowsers.list(member) }),
});

export const endTrust = operation({
  name: 'account end-trust',
  summary: 'Ends one trusted browser of an account, or all.',
  on: 'account',
  permission: 'reset-factor',
  effect: 'changes',
  audit: 'trust.ended',
  path: '/tenants/{tenant}/accounts/{account}/trusted-browsers/end',
  input: z.strictObject({ browser: z.string().max(200).describe('an id, or all'), reason }),
  output: z.object({ ended: z.number() }),
  run: async (parts, { account }, { browser }) => {
    const ended = await parts.trustedBrowsers.end(account, browser);
    if (ended === 0) return refuse('trusted_browser_unknown', { userName: account.userName });
    return done({ ended }, { entry: { detail: { ended } } });
  },
});

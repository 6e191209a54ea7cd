import { z } from 'zod';
import { eachPage } from '../../../foundation/stores/index.ts';
import { done, operation } from '../operation.ts';
import { onlyReason, population, reason } from '../schemas.ts';

const PAGE = 100;

/** @see LCK-5 */
export const unlock = operation({
  name: 'account unlock',
  summary: 'Clears the lock of an account and its counts of wrong passwords and wrong codes.',
  on: 'account',
  permission: 'unlock',
  effect: 'changes',
  audit: 'account.unlocked',
  path: '/tenants/{tenant}/accounts/{account}/unlock',
  input: onlyReason,
  output: z.object({ wasLocked: z.boolean() }),
  run: async ({ lockout }, { account }) => done({ wasLocked: await lockout.unlock(account.id) }),
});

/** Each account has its own audit entry. One that this actor may not unlock, as it holds more, is left and listed (LCK-9). */
export const unlockAll = operation({
  name: 'account unlock-all',
  summary: 'Unlocks every locked account of a tenant, or of one population, that the actor reaches.',
  on: 'tenant',
  permission: 'unlock',
  effect: 'changes',
  isNarrowed: true,
  isLong: true,
  path: '/tenants/{tenant}/accounts/unlock',
  input: z.strictObject({ population: population.optional(), reason }),
  output: z.object({
    unlocked: z.array(z.string()).describe('user names'),
    refused: z.array(z.string()).describe('user names'),
  }),
  run: async ({ accounts }, { tenant }, input, { actor, extent, perform, progress }) => {
    const unlocked: string[] = [];
    const refused: string[] = [];
    let looked = 0;
    const { population } = input;
    const query = {
      tenantId: tenant.id,
      isLocked: true as const,
      reach: extent.team,
      limit: PAGE,
      ...(population ? { population } : {}),
    };
    // The list only goes forward: an account that is locked again meanwhile is not unlocked twice.
    for await (const page of eachPage((from) => accounts.list({ ...query, ...from }))) {
      for (const { id, userName } of page) {
        const one = await perform(unlock, {
          at: { tenant: tenant.id, account: id },
          input: { reason: input.reason },
          actor,
        });
        if ('refused' in one) refused.push(userName);
        else if (one.output.wasLocked) unlocked.push(userName);
      }
      looked += page.length;
      await progress(looked);
    }
    return done({ unlocked, refused });
  },
});

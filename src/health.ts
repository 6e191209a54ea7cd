// Whether this process can serve: what its stores, their clocks and the signing keys say.
import type { Core } from './core/index.ts';
import { createHealth, type Health } from './foundation/web/index.ts';

/** Clocks further apart than this would judge one code or lease differently (P15). */
const CLOCKS_APART_SECONDS = 2;

/** @throws Error when the clocks of this machine and of the ephemeral store are apart */
async function assertOneTime({ ephemeral, clock }: Pick<Core, 'ephemeral' | 'clock'>): Promise<void> {
  // A store that does not answer is told by its own check.
  const askedAt = clock.now();
  const theirs = await ephemeral.serverTime().catch(() => undefined);
  // An answer that was long on its way is no clock that goes wrong.
  const isApart =
    theirs !== undefined &&
    (theirs < askedAt - CLOCKS_APART_SECONDS || theirs > clock.now() + CLOCKS_APART_SECONDS);
  if (isApart) throw new Error('the clocks of this machine and of the ephemeral store are apart');
}

/** @param areKeysKnown whether the signing keys were looked at lately */
export function healthOf(
  core: Pick<Core, 'documents' | 'ephemeral' | 'clock' | 'settings'>,
  areKeysKnown: () => boolean,
): Health {
  const { documents, ephemeral, settings } = core;
  // A process that comes back from a break may serve only once it has looked which keys are withdrawn.
  const keys = async () => {
    if (!areKeysKnown()) throw new Error('the signing keys were not looked at lately');
  };
  return createHealth(
    {
      documents: () => documents.ping(),
      ephemeral: () => ephemeral.ping(),
      clock: () => assertOneTime(core),
      keys,
    },
    () => ephemeral.warnings,
    settings.stores.deadlineSeconds,
  );
}

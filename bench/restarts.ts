// B14: two instances behind a proxy without stickiness, one after the other restarted under load.
import { setTimeout as pause } from 'node:timers/promises';
import { type Instances, prepareEmbeddedInstances, prepareInstances } from '../test/support/instances.ts';
import { startTraffic } from '../test/support/traffic.ts';
import type { Pair } from './product.ts';

const EVERY_MS = 20_000;
const RESTARTS = 3;

export interface Restarts {
  signIns: number;
  refreshes: number;
  /** Requests without an answer, and answers 503. */
  failed: number;
  slowestMs: number;
}

async function measure(instances: Instances): Promise<Restarts> {
  await instances.start(0);
  await instances.start(1);
  const traffic = await startTraffic(instances);
  for (let n = 0; n < RESTARTS; n++) {
    await pause(EVERY_MS);
    await instances.stop(n % 2);
    await instances.start(n % 2);
  }
  const { signIns, refreshes, cut, refused, strange, slowestMs } = await traffic.stop();
  if (strange.length > 0) throw new Error(strange[0]);
  return { signIns, refreshes, failed: cut + refused, slowestMs };
}

/** Restarts one of two instances every 20 seconds, three times. @throws at an answer that no restart excuses */
export async function rollingRestarts(pair: Pair): Promise<Restarts> {
  const instances = pair === 'embedded' ? await prepareEmbeddedInstances(2) : await prepareInstances(2);
  try {
    return await measure(instances);
  } finally {
    await instances.close();
  }
}

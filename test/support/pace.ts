import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** So long takes only what hangs, however busy the machine is: for waits whose end is an event. */
export const HANG_MS = 180_000;

/** Settings of processes whose stores answer: none of them may look lost because the machine is busy. */
export const PATIENT_SECONDS = 60;
/**
 * The longest that an idle connection may stay open: the client of a test gives it up long before. Of two that give up at about
 * the same time, the slower one would send a request into a connection that the other has just closed.
 */
const IDLE_SECONDS = 3_600;
export const PATIENT = {
  SALLYPORT_STORE_DEADLINE_SECONDS: String(PATIENT_SECONDS),
  SALLYPORT_KEEP_ALIVE_SECONDS: String(IDLE_SECONDS),
};

/** So many starts of a bare process fit into the deadline of a store that is made to fail. */
const STARTS = 30;
const LEAST_SECONDS = 2;
const MOST_SECONDS = 20;

/** @returns the milliseconds since now: to bound what the product does once in so many of them, never to judge how fast it is */
export function stopwatch(): () => number {
  const startedAt = performance.now();
  return () => performance.now() - startedAt;
}

/** How long a bare process takes to start and end now: what the machine is slow by. */
async function unitMs(): Promise<number> {
  const elapsedMs = stopwatch();
  await once(spawn(process.execPath, ['-e', ''], { stdio: 'ignore' }), 'exit');
  return elapsedMs();
}

/**
 * The deadline for a test in which a store is silent and must be given up: as many starts of a process as fit into two seconds
 * on a quiet machine.
 */
export async function faultDeadlineSeconds(): Promise<number> {
  const seconds = Math.ceil(((await unitMs()) * STARTS) / 1_000);
  return Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, seconds));
}

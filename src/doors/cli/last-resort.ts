import type { EventEmitter } from 'node:events';
import { errorOf, guarded, type Log } from '../../foundation/base/index.ts';

/** A stop that follows an error of unknown reach may hang: after so long the process ends without it. */
const LONGEST_STOP_MS = 60_000;

/** After a stop nothing should be left that keeps the process; if something is, the process ends without it. */
const LINGER_MS = 5_000;

/** Called when all is closed: a connection that some library forgot does not keep a stopped server. */
export function endAtLast(log: Log, end: () => void = () => process.exit()): void {
  const leave = () => {
    log.warn('something was left open after the stop; the process ends without it');
    end();
  };
  setTimeout(guarded(end, leave), LINGER_MS).unref();
}

/**
 * What the server does about errors that reached no part of it (SEC-4); every one is a fault of ours, and is logged as such.
 * - A promise that was rejected and that no part waits for ended one piece of work, and left the rest as it was: the process
 *   goes on.
 * - An exception that came through to node left work half-done that cannot be known: the process stops cleanly, and exits 1,
 *   so that its supervisor starts another.
 * @returns resolves with the error when the process should stop
 */
export function lastResort(
  log: Log,
  events: EventEmitter = process,
  end: () => void = () => process.exit(1),
): Promise<Error> {
  const { promise, resolve } = Promise.withResolvers<Error>();
  // Printing what an operator may read is no reason to stop, if it cannot be printed.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  events.on(
    'unhandledRejection',
    guarded(resolve, (reason: unknown) => {
      const { message, stack } = errorOf(reason);
      log.error(
        { error: message, stack },
        'a rejection reached no part of the server: a fault, please report it',
      );
    }),
  );
  events.on(
    'uncaughtException',
    guarded(resolve, (thrown: unknown) => {
      const error = errorOf(thrown);
      const { message, stack } = error;
      log.fatal(
        { error: message, stack },
        'an error reached no part of the server: it stops, please report it',
      );
      setTimeout(guarded(resolve, end), LONGEST_STOP_MS).unref();
      resolve(error);
    }),
  );
  return promise;
}

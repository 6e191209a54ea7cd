import { writeSync } from 'node:fs';
import { pino } from 'pino';

export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const STANDARD_OUTPUT = 1;
const MOST_WAITS = 100;
const WAIT_MS = 10;
const cell = new Int32Array(new SharedArrayBuffer(4));

/**
 * A full disk behind standard output, or a reader that went away or does not read for a second, costs log lines: thrown, or
 * waited for, it would cost the process (SEC-4).
 */
function writeLine(line: string): void {
  let rest = Buffer.from(line);
  for (let waits = 0; rest.length > 0 && waits < MOST_WAITS; ) {
    try {
      rest = rest.subarray(writeSync(STANDARD_OUTPUT, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      waits += 1;
      Atomics.wait(cell, 0, 0, WAIT_MS);
    }
  }
}

/** One JSON line per event on standard output. Pino escapes control characters, so no one can forge a line (S80). */
/** @param destination where the lines go; standard output unless given */
export function createLog(level: LogLevel, destination = { write: writeLine }): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

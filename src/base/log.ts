import { pino } from 'pino';

export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** One JSON line an event on standard output. Pino escapes control characters, so nobody can forge a line (S80). */
export function createLog(level: LogLevel): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

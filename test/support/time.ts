import { jest } from '@jest/globals';

/** Everything but `Date`: real HTTP and real waiting go on while the clock is moved. */
const REAL = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'requestAnimationFrame',
  'cancelAnimationFrame',
  'requestIdleCallback',
  'cancelIdleCallback',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** The second that it is, on the clock that is held or on the real one. */
export const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

/** Takes hold of the clock. @returns the words to move it; `release` in afterEach */
export function holdTime() {
  jest.useFakeTimers({ now: Date.now(), doNotFake: [...REAL] });
  return {
    /** Moves by seconds, backwards too. */
    move: (seconds: number) => jest.setSystemTime(Date.now() + seconds * 1000),
    /** Goes to the beginning of a TOTP step, plus seconds. */
    toStepStart: (seconds = 0) =>
      jest.setSystemTime((Math.floor(Date.now() / 30_000) + 1) * 30_000 + seconds * 1000),
    release: () => jest.useRealTimers(),
  };
}

export type HeldTime = ReturnType<typeof holdTime>;

/** Runs `work` with the timers held, and then lets so many seconds of them pass: what waits for a time has waited. */
export async function passTimers<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  jest.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] } as never);
  try {
    const result = work();
    await jest.advanceTimersByTimeAsync(seconds * 1_000);
    return await result;
  } finally {
    jest.useRealTimers();
  }
}

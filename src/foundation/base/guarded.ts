/** What was thrown, which may be anything, as an error. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * A callback that node, or a driver, calls by itself. What it throws, or rejects with, would end the process: here it goes to
 * `failed` instead (SEC-4). `test/house/callbacks.test.ts` refuses callbacks that do without.
 */
export function guarded<A extends unknown[]>(
  failed: (error: Error) => void,
  work: (...args: A) => unknown,
): (...args: A) => void {
  return (...args) => {
    new Promise<unknown>((resolve) => resolve(work(...args))).catch((thrown: unknown) =>
      failed(errorOf(thrown)),
    );
  };
}

type Verb = (...args: never[]) => Promise<unknown>;
type Observe = (verb: string, outcome: 'ok' | 'error', seconds: number) => void;

/** The same object, each of its verbs timed. @param verbs the names of its asynchronous functions */
export function timed<T extends object>(
  subject: T,
  verbs: readonly (keyof T & string)[],
  observe: Observe,
): T {
  const wrapped: Record<string, Verb> = {};
  for (const name of verbs) {
    const verb = (subject[name] as Verb).bind(subject);
    wrapped[name] = async (...args) => {
      const startedAt = performance.now();
      let outcome: 'ok' | 'error' = 'error';
      try {
        const result = await verb(...args);
        outcome = 'ok';
        return result;
      } finally {
        observe(name, outcome, (performance.now() - startedAt) / 1_000);
      }
    };
  }
  return { ...subject, ...wrapped };
}

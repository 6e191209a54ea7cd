/**
 * Asks again and again until the answer is the wanted one. For what another process or timer does by itself.
 * @throws after `withinMs`, with the last answer
 */
export async function eventually<T>(
  ask: () => Promise<T> | T,
  isWanted: (answer: T) => boolean,
  withinMs: number,
): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > until)
      throw new Error(`not within ${withinMs} ms; the last answer: ${JSON.stringify(answer)}`);
    // Lets others use the processor between two askings.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

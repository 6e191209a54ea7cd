import type { Ephemeral } from './port.ts';

/** One request asks several times, and many at once: the versions are read once for all of them. */
const REMEMBERED_MS = 20;

/**
 * The same store, which reads the versions of all topics that this process asks for in one go, and remembers them for a
 * moment: a change by another process is seen so much later, one of this process at once.
 */
export function rememberingTopics(ephemeral: Ephemeral): Ephemeral {
  const topics = new Set<string>();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Map<string, string>> | undefined;

  const readAll = async () => {
    const names = [...topics];
    const versions = await Promise.all(names.map((topic) => ephemeral.topicVersion(topic)));
    return new Map(names.map((topic, at) => [topic, versions[at] ?? '']));
  };
  const forget = () => {
    reading = undefined;
  };

  return {
    ...ephemeral,
    async topicVersion(topic) {
      if (!topics.has(topic)) forget();
      topics.add(topic);
      if (performance.now() - readAt >= REMEMBERED_MS) forget();
      if (!reading) {
        readAt = performance.now();
        reading = readAll();
        // What could not be read is not remembered.
        reading.catch(forget);
      }
      return (await reading).get(topic) ?? '';
    },
    async touchTopic(topic) {
      await ephemeral.touchTopic(topic);
      forget();
    },
  };
}

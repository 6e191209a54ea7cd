import { AsyncLocalStorage } from 'node:async_hooks';
import type { Collection, CollectionSpec, Document, Documents } from './documents/port.ts';

/** The one state of a document for which a change is meant (RFC 9110, section 13.1.1). */
export interface Condition {
  collection: string;
  id: string;
  version: number;
}

/** The document was another than the change is meant for; nothing of the change was written. */
export class ConditionFailed extends Error {}

/** Documents that know in which state one stands, and hold changes to it. */
export interface ConditionalDocuments extends Documents {
  /** @returns undefined for a document that is not there */
  versionOf(collection: string, id: string): Promise<number | undefined>;
  /**
   * Runs what changes the document. Its first write of it must follow the version of the condition: to look before the work
   * would not be enough, as another change may come in between.
   * @throws ConditionFailed
   */
  onlyIf<T>(condition: Condition, work: () => Promise<T>): Promise<T>;
}

export function withConditions(documents: Documents): ConditionalDocuments {
  const collections = new Map<string, Pick<Collection<Document>, 'get'>>();
  const running = new AsyncLocalStorage<Condition & { isMet: boolean }>();

  const held = <T extends Document>({ name }: CollectionSpec, inner: Collection<T>): Collection<T> => {
    const conditionOf = (id: string) => {
      const condition = running.getStore();
      const isAbout = condition?.collection === name && condition.id === id && !condition.isMet;
      return isAbout ? condition : undefined;
    };
    return {
      insert: (doc) => inner.insert(doc),
      insertAll: (docs) => inner.insertAll(docs),
      get: (id) => inner.get(id),
      find: (index, values) => inner.find(index, values),
      page: (query) => inner.page(query),
      count: (query) => inner.count(query),
      async replace(doc, expectedVersion) {
        const condition = conditionOf(doc.id);
        if (condition && condition.version !== expectedVersion) throw new ConditionFailed();
        const won = await inner.replace(doc, expectedVersion);
        // Lost to another change, it is no longer the version that was meant: the caller must not decide again.
        if (condition && !won) throw new ConditionFailed();
        if (condition) condition.isMet = true;
        return won;
      },
      async remove(id) {
        const condition = conditionOf(id);
        if (condition && (await inner.get(id))?.version !== condition.version) throw new ConditionFailed();
        return inner.remove(id);
      },
    };
  };

  return {
    collection: (spec) => {
      const inner = documents.collection(spec);
      collections.set(spec.name, inner as never);
      return held(spec, inner as never);
    },
    verify: () => documents.verify(),
    ping: () => documents.ping(),
    close: () => documents.close(),
    versionOf: async (collection, id) => (await collections.get(collection)?.get(id))?.version,
    onlyIf: (condition, work) => running.run({ ...condition, isMet: false }, work),
  };
}

import { type Refusal, refuse } from '../../foundation/base/index.ts';
import type { AnyOperation } from './operation.ts';
import type { AdministrationParts } from './parts.ts';
import { documentOf, type Loaded } from './targets.ts';

/** The version that a caller is told; nothing where it was not asked about. */
type Told = { version?: number };

interface Seen {
  /** Runs what changes the target, held to the version that was seen. */
  held<T>(work: () => Promise<T>): Promise<T>;
  /** The version that the caller is told afterwards. */
  after(): Promise<Told>;
  /** Whether another change came first: then what was refused was refused of a state that the caller did not mean. */
  isOvertaken(after: Told): boolean;
}

/** The state of a target by its version: what `ETag` and `If-Match` are made of (ADM-1). */
export function createVersions({ versionOf, onlyIf }: AdministrationParts['documents']) {
  const unasked: Seen = { held: (work) => work(), after: async () => ({}), isOvertaken: () => false };
  const told = (version: number | undefined): Told => (version === undefined ? {} : { version });
  return {
    /** @param wanted the versions for which a change is meant; undefined: any */
    async seen(
      { on, effect, answersState }: Pick<AnyOperation, 'on' | 'effect' | 'answersState'>,
      found: Loaded,
      wanted: readonly number[] | undefined,
    ): Promise<Seen | ({ refused: Refusal } & Told)> {
      const document = documentOf(on, found);
      const isHeld = effect !== 'reads' && wanted !== undefined;
      if (!document) return isHeld ? refuse('precondition_failed') : unasked;
      if (!isHeld && !answersState) return unasked;
      const read = () => versionOf(document.collection, document.id);
      const version = await read();
      if (!isHeld) return { ...unasked, after: async () => told(version) };
      if (version === undefined || !wanted.includes(version))
        return { ...refuse('precondition_failed'), ...told(version) };
      return {
        held: (work) => onlyIf({ ...document, version }, work),
        after: async () => told(await read()),
        isOvertaken: (after) => after.version !== version,
      };
    },
  };
}

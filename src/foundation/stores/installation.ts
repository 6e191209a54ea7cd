import { type Clock, isSallyportError, newSecret, SallyportError, type Sealer } from '../base/index.ts';
import { changeUntilWon } from './change-until-won.ts';
import type { Collection, CollectionSpec, Documents } from './documents/port.ts';
import type { Ephemeral, Generation } from './ephemeral/port.ts';
import { type Patience, patienceFor } from './patience.ts';

interface InstallationDocument {
  id: 'installation';
  /** The form of all documents; the first form did not name it. One that is greater than ours is a newer version's. */
  format?: number;
  /** Epoch seconds until which one process is at work on the next format; 0 while none is. */
  migratingUntil?: number;
  /** 32 random bytes, sealed: what cookies and MACs are keyed by. Only this installation's master keys open it. */
  macRoot: string;
  /** What the first form had in place of `macRoot`. */
  keyCheck?: string;
  /** The generation of the ephemeral store that was last seen. */
  generation: string;
  /** Epoch seconds before which spent codes may have been forgotten: when a lost store was created again (P6). */
  forgottenBefore: number;
}

/** Brings documents from one format to the next. Repeatable: a crash may stop it anywhere, and it then runs again from the start. */
export type Migration = (parts: { documents: Documents; sealer: Sealer }) => Promise<void>;

export interface Installation {
  /** Of the ephemeral store: half-done things of another one are refused. */
  generation: string;
  /** Epoch seconds before which spent codes may have been forgotten: when a lost store was created again (P6). */
  forgottenBefore: number;
}

export interface OpenedInstallation {
  /** As it is now, asked before every decision that depends on it; costs a look-up only after a loss. */
  current(): Promise<Installation>;
  macRoot: Buffer;
  /** Seals the MAC root under the first master key. @returns whether it was not so sealed already */
  reseal(): Promise<boolean>;
}

interface Parts {
  documents: Documents;
  ephemeral: Ephemeral;
  sealer: Sealer;
  clock: Clock;
  /** The first brings format 1 to format 2. */
  migrations: readonly Migration[];
  /** How long another process that migrates is waited for: to its end or its death, unless given. */
  patience?: Patience | undefined;
}

const SPEC: CollectionSpec = { name: 'installation', indexes: {} };
const CONTEXT = 'installation';
const MIGRATION_SECONDS = 60;
const LOOK_AGAIN_MS = 100;

function unfit(reason: string, cause?: unknown): SallyportError {
  return new SallyportError('store_unfit', reason, { cause });
}

function newRoot(sealer: Sealer): string {
  return sealer.seal(newSecret(), CONTEXT);
}

function openRoot(sealer: Sealer, { macRoot, keyCheck }: InstallationDocument): Buffer {
  try {
    return Buffer.from(sealer.open(keyCheck ?? macRoot, CONTEXT), 'base64url');
  } catch (error) {
    throw unfit('the master key is not the one that these documents were sealed with', error);
  }
}

/** The document as the second form has it. */
function withRoot({ keyCheck, ...doc }: InstallationDocument, sealer: Sealer): InstallationDocument {
  return keyCheck === undefined ? doc : { ...doc, macRoot: newRoot(sealer) };
}

/** One process at a time brings the documents to our format; the others wait, and take over from one that died. */
async function migrate(collection: Collection<InstallationDocument>, parts: Parts): Promise<void> {
  const { documents, sealer, clock, migrations } = parts;
  const { limitMs, now, pause } = parts.patience ?? patienceFor(Number.POSITIVE_INFINITY);
  const until = now() + limitMs;
  const newest = migrations.length + 1;
  for (;;) {
    const stored = await collection.get('installation');
    const format = stored?.doc.format ?? 1;
    if (!stored || format === newest) return;
    if (format > newest)
      throw unfit(
        `the documents were written by a newer version of Sallyport (format ${format}; this one knows ${newest})`,
      );
    const { doc, version } = stored;
    openRoot(sealer, doc);
    if ((doc.migratingUntil ?? 0) > clock.now()) {
      if (now() >= until)
        throw new SallyportError(
          'store_unavailable',
          'another process is bringing the documents up to date; try again when it is done',
        );
      await pause(LOOK_AGAIN_MS);
      continue;
    }
    if (!(await collection.replace({ ...doc, migratingUntil: clock.now() + MIGRATION_SECONDS }, version)))
      continue;
    await migrations[format - 1]?.({ documents, sealer });
    await collection.replace(
      { ...withRoot(doc, sealer), format: format + 1, migratingUntil: 0 },
      version + 1,
    );
  }
}

/**
 * Joins both stores and the master keys: makes the installation at first start, refuses master keys that do not open it,
 * brings older documents up to date, and notices an ephemeral store that was lost since.
 * @throws SallyportError `store_unfit` when the master key is another one or the documents are a newer version's; nothing was
 * changed then
 */
export async function openInstallation(parts: Parts): Promise<OpenedInstallation> {
  const { documents, ephemeral, sealer, migrations } = parts;
  const collection = documents.collection<InstallationDocument>(SPEC);

  const newInstallation = (generation: string): InstallationDocument => ({
    id: 'installation',
    format: migrations.length + 1,
    migratingUntil: 0,
    macRoot: newRoot(sealer),
    generation,
    forgottenBefore: 0,
  });
  const settle = async ({ id, bornAt }: Generation): Promise<InstallationDocument> => {
    const { doc } = await changeUntilWon(collection, 'installation', (current) => {
      if (!current) return newInstallation(id);
      openRoot(sealer, current);
      return current.generation === id ? current : { ...current, generation: id, forgottenBefore: bornAt };
    });
    return doc;
  };

  await migrate(collection, parts);
  let known = await settle(await ephemeral.generation());
  const current = async () => {
    const now = await ephemeral.generation();
    if (now.id !== known.generation) known = await settle(now);
    return known;
  };
  const reseal = async () => {
    const { changed } = await changeUntilWon(collection, 'installation', (stored) =>
      !stored || sealer.isCurrent(stored.macRoot)
        ? stored
        : { ...stored, macRoot: sealer.seal(sealer.open(stored.macRoot, CONTEXT), CONTEXT) },
    );
    return changed;
  };
  return { current, macRoot: openRoot(sealer, known), reseal };
}

/** Whether an installation was made in these documents; makes nothing. */
export async function isInstalled(documents: Documents): Promise<boolean> {
  return (await documents.collection<InstallationDocument>(SPEC).get('installation')) !== undefined;
}

/** Whether waiting may mend it: the store did not answer, and nothing says that it is the wrong one. */
export function isWorthWaiting(error: unknown): boolean {
  return isSallyportError(error) && error.code === 'store_unavailable';
}

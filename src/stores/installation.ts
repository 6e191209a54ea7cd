import { newId, SallyportError, type Vault } from '../base/index.ts';
import type { CollectionSpec, Documents } from './documents/port.ts';
import type { Ephemeral, Generation } from './ephemeral/port.ts';

interface InstallationDocument {
  id: 'installation';
  /** Sealed text that only this installation's master key opens. */
  keyCheck: string;
  /** The generation of the ephemeral store that was last seen. */
  generation: string;
  /** Epoch seconds before which spent codes may have been forgotten: when a lost store was born anew (P6). */
  forgottenBefore: number;
}

const SPEC: CollectionSpec = { name: 'installation', indexes: {} };
const CONTEXT = 'installation';

export interface Installation {
  /** Of the ephemeral store: half-done things of another one are refused. */
  generation: string;
  /** Epoch seconds before which spent codes may have been forgotten: when a lost store was born anew (P6). */
  forgottenBefore: number;
}

/**
 * Joins both stores and the master key: makes the installation at first start, refuses a master key that does not open it,
 * and notices an ephemeral store that was lost since.
 * @returns the installation as it is now, asked before every decision that depends on it; it costs a look-up only after a loss
 * @throws SallyportError `store_unavailable` when the master key is another one; nothing was changed then
 */
export async function openInstallation(parts: {
  documents: Documents;
  ephemeral: Ephemeral;
  vault: Vault;
}): Promise<() => Promise<Installation>> {
  const { documents, ephemeral, vault } = parts;
  const collection = documents.collection<InstallationDocument>(SPEC);

  const settle = async ({ id, bornAt }: Generation): Promise<Installation> => {
    for (;;) {
      const current = await collection.get('installation');
      if (!current) {
        const keyCheck = vault.seal(newId(), CONTEXT);
        await collection.insert({ id: 'installation', keyCheck, generation: id, forgottenBefore: 0 });
        continue;
      }
      assertKey(vault, current.doc.keyCheck);
      if (current.doc.generation === id)
        return { generation: id, forgottenBefore: current.doc.forgottenBefore };
      await collection.replace({ ...current.doc, generation: id, forgottenBefore: bornAt }, current.version);
    }
  };

  let known = await settle(await ephemeral.generation());
  return async () => {
    const now = await ephemeral.generation();
    if (now.id !== known.generation) known = await settle(now);
    return known;
  };
}

function assertKey(vault: Vault, keyCheck: string) {
  try {
    vault.open(keyCheck, CONTEXT);
  } catch (error) {
    throw new SallyportError(
      'store_unavailable',
      'the master key is not the one that these documents were sealed with',
      { cause: error },
    );
  }
}

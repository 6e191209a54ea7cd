import { newId, SallyportError, type Vault } from '../base/index.ts';
import type { CollectionSpec, Documents } from './documents/port.ts';
import type { Ephemeral } from './ephemeral/port.ts';

interface Installation {
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

/**
 * Joins both stores and the master key: makes the installation at first start, refuses a master key that does not open it,
 * and notices an ephemeral store that was lost since.
 * @throws SallyportError `store_unavailable` when the master key is another one; nothing was changed then
 */
export async function openInstallation(parts: { documents: Documents; ephemeral: Ephemeral; vault: Vault }) {
  const { documents, ephemeral, vault } = parts;
  const collection = documents.collection<Installation>(SPEC);
  const generation = await ephemeral.generation();
  for (;;) {
    const current = await collection.get('installation');
    if (!current) {
      const keyCheck = vault.seal(newId(), CONTEXT);
      await collection.insert({
        id: 'installation',
        keyCheck,
        generation: generation.id,
        forgottenBefore: 0,
      });
      continue;
    }
    assertKey(vault, current.doc.keyCheck);
    if (current.doc.generation === generation.id)
      return { forgottenBefore: current.doc.forgottenBefore, generation: generation.id };
    await collection.replace(
      { ...current.doc, generation: generation.id, forgottenBefore: generation.bornAt },
      current.version,
    );
  }
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

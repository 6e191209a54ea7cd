import { freshFolder } from '../support/folder.ts';
import { openDocumentsAt, openEphemeralAt } from '../support/stores.ts';
import { documentsContract } from './documents-contract.ts';
import { ephemeralContract } from './ephemeral-contract.ts';

documentsContract('SQLite', async () => {
  const folder = freshFolder();
  const address = `sqlite:${folder.path}`;
  return { address, open: () => openDocumentsAt(address), destroy: async () => folder.remove() };
});

ephemeralContract('SQLite', async () => {
  const folder = freshFolder();
  const address = `sqlite:${folder.path}`;
  return {
    address,
    open: () => openEphemeralAt(address, 1_800_000_000),
    destroy: async () => folder.remove(),
  };
});

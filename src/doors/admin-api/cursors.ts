import type { Vault } from '../../foundation/base/index.ts';

/** Where the next page begins, so that only we can make it, and only for the list that it is of (S82). */
export interface Cursors {
  sign(list: string, next: string): string;
  /** @returns undefined for a cursor that is forged, or of another list */
  open(list: string, cursor: string): string | undefined;
}

/** @param vault its MAC is the same in every process */
export function createCursors(vault: Pick<Vault, 'mac'>): Cursors {
  const signed = (list: string, next: string) => vault.mac('admin-api-cursor', JSON.stringify([list, next]));
  return {
    sign: (list, next) => `${Buffer.from(next).toString('base64url')}.${signed(list, next)}`,
    open(list, cursor) {
      const [encoded = '', mac] = cursor.split('.');
      const next = Buffer.from(encoded, 'base64url').toString();
      const isOurs =
        mac === signed(list, next) && cursor === `${Buffer.from(next).toString('base64url')}.${mac}`;
      return isOurs ? next : undefined;
    },
  };
}

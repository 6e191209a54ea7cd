import type { Vault } from '../../foundation/base/index.ts';
import { grouped } from './codes.ts';

/**
 * Recovery codes between their making and the page on which the person reads them: kept sealed, only for one place.
 */
export interface ShownCodes {
  /** @param place what shows them, such as one sign-in attempt */
  seal(place: string, codes: readonly string[]): string;
  /** As people read them. */
  open(place: string, sealed: string): string[];
}

export function createShownCodes({ vault }: { vault: Vault }): ShownCodes {
  const contextOf = (place: string) => `recovery-codes:${place}`;
  return {
    seal: (place, codes) => vault.seal(codes.join(' '), contextOf(place)),
    open: (place, sealed) => vault.open(sealed, contextOf(place)).split(' ').map(grouped),
  };
}

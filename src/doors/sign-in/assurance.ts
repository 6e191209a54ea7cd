import type { FirstProof } from '../../capabilities/account-state/index.ts';
import { amrOf } from '../../capabilities/second-factor/index.ts';
import type { ProvedFactor } from '../../use-cases/credentials/index.ts';

/** What was proved, as `acr` and `amr` tell it (interface: Assurance; RFC 8176). */
export interface Assurance {
  isMultiFactor: boolean;
  amr: string[];
}

/**
 * @param first what was proved first; in a step-up, what its session has already: the factor adds to it
 * @param factor the second factor that was given in this sign-in; null where none was due, or a trusted browser skipped it
 */
export function assuranceOf(
  first: FirstProof | { sessionAmr: readonly string[] },
  factor: ProvedFactor | null,
): Assurance {
  if (!factor) return { isMultiFactor: false, amr: ['pwd'] };
  const given = amrOf(factor);
  if (typeof first === 'object')
    return { isMultiFactor: true, amr: [...new Set([...first.sessionAmr, given, 'mfa'])] };
  // A passkey by itself is two factors: the device, and the person that it verified.
  if (first === 'passkey') return { isMultiFactor: true, amr: [given, 'user', 'mfa'] };
  return { isMultiFactor: true, amr: ['pwd', given, 'mfa'] };
}

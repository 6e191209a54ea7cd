import { isInNetworks } from '../../foundation/base/index.ts';
import type { Policy } from './policy-schema.ts';

/** Whether an address is outside of the networks from which the tenant lets this population sign in (SGN-5). */
export function isOutside({ signIn }: Policy, population: 'user' | 'agent', address: string): boolean {
  const networks = signIn.networks[population];
  return networks.length > 0 && !isInNetworks(address, networks);
}

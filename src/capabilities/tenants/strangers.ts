import { parsePolicy } from './policy.ts';
import type { Policy } from './policy-schema.ts';
import { loadPreset, presetNames } from './presets.ts';

/** What a stranger can see of the rules of a tenant, by typing wrong passwords. */
export function visibleRules(policy: Policy) {
  const { user, agent, reveal, waitFrom, waitSeconds, waitGrowth, networkTries } = { ...policy.lockout };
  return waitFrom === null
    ? { user, agent, reveal, waitFrom, networkTries }
    : { user, agent, reveal, waitFrom, waitSeconds, waitGrowth, networkTries };
}

function strangersPolicies(): Policy[] {
  const parsed = parsePolicy({});
  if ('mistakes' in parsed) throw new Error('the default policy is not sound');
  const rules = presetNames().flatMap((name) => loadPreset(name) ?? []);
  const apart = new Map(rules.map((policy) => [JSON.stringify(visibleRules(policy)), visibleRules(policy)]));
  return [...apart.values()].map((visible) => ({
    ...parsed.policy,
    lockout: { ...parsed.policy.lockout, ...visible },
  }));
}

/**
 * The rules for a client code that belongs to no tenant: those that one of the presets shows, the same ones for one code at all
 * times. Were they one and the same for all such codes, a wait or its absence would tell that a tenant has the code (TEN-1).
 * @param mac keyed, so that a stranger cannot work out which rules a code would have
 */
export function createStrangersRules(mac: (clientCode: string) => string): (clientCode: string) => Policy {
  const policies = strangersPolicies();
  return (clientCode) => {
    const drawn = Buffer.from(mac(clientCode.trim().toUpperCase()), 'base64url').readUInt32BE();
    const policy = policies[drawn % policies.length];
    if (!policy) throw new Error('there are no presets');
    return policy;
  };
}

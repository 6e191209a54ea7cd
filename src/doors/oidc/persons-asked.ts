import { decodeJwt } from 'jose';
import { readClaims } from './claims.ts';

/** Of each demand, the subjects that satisfy it. */
type Demands = readonly (readonly unknown[])[];

function demandsOfClaim(where: Record<string, unknown> | undefined): Demands {
  const sub = where?.sub;
  if (typeof sub !== 'object' || sub === null) return [];
  const one = 'value' in sub ? [[sub.value]] : [];
  const several = 'values' in sub ? [Array.isArray(sub.values) ? sub.values : []] : [];
  return [...one, ...several];
}

/**
 * The subjects that an authorization request insists on (OpenID Connect Core, sections 3.1.2.1 and 5.5.1).
 * The engine verified the hint as the request came in; it does not look at it again after the sign-in.
 */
export function personsAsked(params: Record<string, unknown>): Demands {
  const { id_token_hint: hint } = params;
  const claims = readClaims(params.claims);
  return [
    ...(typeof hint === 'string' ? [[decodeJwt(hint).sub]] : []),
    ...demandsOfClaim(claims.id_token),
    ...demandsOfClaim(claims.userinfo),
  ];
}

/** Whether a code for this account would be one for another person than was asked for. */
export function isAnotherPerson(asked: Demands, accountId: string): boolean {
  return asked.some((accepted) => !accepted.includes(accountId));
}

/** Whether the request contradicts itself, or names what no subject can be. */
export function isForNoPerson(asked: Demands): boolean {
  const [first] = asked;
  const isAccepted = (sub: unknown) =>
    typeof sub === 'string' && asked.every((accepted) => accepted.includes(sub));
  return first !== undefined && !first.some(isAccepted);
}

import { decodeJwt } from 'jose';
import { readClaims } from './claims.ts';

function subjectOfClaim(where: Record<string, unknown> | undefined): unknown[] {
  const sub = where?.sub;
  return typeof sub === 'object' && sub !== null && 'value' in sub ? [sub.value] : [];
}

/**
 * The subjects that an authorization request insists on (OpenID Connect Core, sections 3.1.2.1 and 5.5.1): several only where
 * it contradicts itself. The engine verified the hint as the request came in; it does not look at it again after the sign-in.
 */
export function personsAsked(params: Record<string, unknown>): unknown[] {
  const { id_token_hint: hint } = params;
  const claims = readClaims(params.claims);
  return [
    ...(typeof hint === 'string' ? [decodeJwt(hint).sub] : []),
    ...subjectOfClaim(claims.id_token),
    ...subjectOfClaim(claims.userinfo),
  ];
}

/** Whether a code for this account would be one for another person than was asked for. */
export function isAnotherPerson(asked: readonly unknown[], accountId: string): boolean {
  return asked.some((sub) => sub !== accountId);
}

/** Whether the request contradicts itself, or names what no subject can be. */
export function isForNoPerson(asked: readonly unknown[]): boolean {
  return new Set(asked).size > 1 || asked.some((sub) => typeof sub !== 'string');
}

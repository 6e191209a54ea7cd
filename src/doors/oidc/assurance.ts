import { readClaims } from './claims.ts';

/** How sure a sign-in was (interface: Assurance). */
export const ACR_PASSWORD = 'urn:sallyport:acr:password';
export const ACR_MULTI_FACTOR = 'urn:sallyport:acr:multi-factor';

/** The result of a step-up in which there was nothing to prove. */
export const ASKED = 'asked';

/** What an application wants of a sign-in. */
export interface AssuranceAsked {
  multiFactor: boolean;
  /** It accepts nothing less than the second factor. */
  essential: boolean;
  /** It accepts the password only. */
  passwordOnly: boolean;
}

interface AcrRequest {
  /** In order of preference. */
  values: readonly unknown[];
  isEssential: boolean;
}

/** `claims.id_token.acr` (OpenID Connect Core, section 5.5.1.1). */
function acrClaim(claims: unknown): AcrRequest {
  const acr = readClaims(claims).id_token?.acr;
  if (typeof acr !== 'object' || acr === null) return { values: [], isEssential: false };
  const { essential, value, values } = acr as Record<string, unknown>;
  return {
    values: [...(Array.isArray(values) ? values : []), ...(value ? [value] : [])],
    isEssential: essential === true,
  };
}

/** The values of which the request insists on one; empty where it insists on none. */
export function essentialAcrs(params: Record<string, unknown>): readonly unknown[] {
  const { values, isEssential } = acrClaim(params.claims);
  return isEssential ? values : [];
}

/** Whether a request asks for the second factor, and what it accepts. */
export function assuranceAsked(params: Record<string, unknown>): AssuranceAsked {
  const accepted = essentialAcrs(params);
  const isEssential = accepted.length > 0;
  const essential = isEssential && !accepted.includes(ACR_PASSWORD);
  const wanted = typeof params.acr_values === 'string' ? params.acr_values.split(' ') : [];
  // In order of preference: an application that lists the password first is content with it.
  const preferred = [...wanted, ...acrClaim(params.claims).values][0];
  return {
    multiFactor: essential || preferred === ACR_MULTI_FACTOR,
    essential,
    passwordOnly: isEssential && !accepted.includes(ACR_MULTI_FACTOR) && !essential,
  };
}

/** Whether no path of ours can give what the request insists on. */
export function isUnknownAssurance(params: Record<string, unknown>): boolean {
  const accepted = essentialAcrs(params);
  return accepted.length > 0 && !accepted.includes(ACR_PASSWORD) && !accepted.includes(ACR_MULTI_FACTOR);
}

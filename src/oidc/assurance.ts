/** How sure a sign-in was (interface: Assurance). */
export const ACR_PASSWORD = 'urn:sallyport:acr:password';
export const ACR_MULTI_FACTOR = 'urn:sallyport:acr:multi-factor';

/** The result of a step-up in which there was nothing to prove. */
export const ASKED = 'asked';

interface AcrRequest {
  essential?: boolean;
  value?: string;
  values?: string[];
}

/** Reads `claims.id_token.acr` of an authorization request; malformed claims are the engine's to refuse. */
function acrClaim(claims: unknown): AcrRequest {
  if (typeof claims !== 'string') return {};
  try {
    return (JSON.parse(claims) as { id_token?: { acr?: AcrRequest | null } }).id_token?.acr ?? {};
  } catch {
    return {};
  }
}

/** Whether a request asks for the second factor, and whether it accepts nothing less (OpenID Connect Core, section 5.5.1.1). */
export function assuranceAsked(params: Record<string, unknown>): {
  multiFactor: boolean;
  essential: boolean;
} {
  const claim = acrClaim(params.claims);
  const essentialValues = claim.essential
    ? [...(claim.values ?? []), ...(claim.value ? [claim.value] : [])]
    : [];
  const essential = essentialValues.length > 0 && !essentialValues.includes(ACR_PASSWORD);
  const wanted = typeof params.acr_values === 'string' ? params.acr_values.split(' ') : [];
  // In order of preference: whoever lists the password first is content with it.
  const preferred = [...wanted, ...(claim.values ?? []), ...(claim.value ? [claim.value] : [])][0];
  return { multiFactor: essential || preferred === ACR_MULTI_FACTOR, essential };
}

/** Whether no path of ours can give what the request insists on. */
export function isUnknownAssurance(params: Record<string, unknown>): boolean {
  const claim = acrClaim(params.claims);
  if (!claim.essential) return false;
  const values = [...(claim.values ?? []), ...(claim.value ? [claim.value] : [])];
  return values.length > 0 && !values.includes(ACR_PASSWORD) && !values.includes(ACR_MULTI_FACTOR);
}

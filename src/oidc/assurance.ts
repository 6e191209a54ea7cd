/** How sure a sign-in was (interface: Assurance). */
export const ACR_PASSWORD = 'urn:sallyport:acr:password';
export const ACR_MULTI_FACTOR = 'urn:sallyport:acr:multi-factor';

interface AcrRequest {
  essential: boolean;
  /** Every value that is named, in order of preference. */
  values: readonly string[];
}

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Reads `claims.id_token.acr` of an authorization request. What has another shape than Core 5.5.1 gives it asks for nothing. */
function acrClaim(claims: unknown): AcrRequest {
  let parsed: unknown;
  try {
    parsed = typeof claims === 'string' ? JSON.parse(claims) : undefined;
  } catch {
    // Malformed claims are the engine's to refuse.
  }
  const acr = member(member(parsed, 'id_token'), 'acr');
  const values = [...texts(member(acr, 'values')), ...texts(member(acr, 'value'))];
  return { essential: member(acr, 'essential') === true, values };
}

/** Whether a request asks for the second factor, and whether it accepts nothing less (OpenID Connect Core, section 5.5.1.1). */
export function assuranceAsked(params: Record<string, unknown>): {
  multiFactor: boolean;
  essential: boolean;
} {
  const claim = acrClaim(params.claims);
  const essential = claim.essential && claim.values.length > 0 && !claim.values.includes(ACR_PASSWORD);
  const wanted = typeof params.acr_values === 'string' ? params.acr_values.split(' ') : [];
  // In order of preference: whoever lists the password first is content with it.
  const preferred = [...wanted, ...claim.values][0];
  return { multiFactor: essential || preferred === ACR_MULTI_FACTOR, essential };
}

/** Whether no path of ours can give what the request insists on. */
export function isUnknownAssurance(params: Record<string, unknown>): boolean {
  const { essential, values } = acrClaim(params.claims);
  return (
    essential && values.length > 0 && !values.includes(ACR_PASSWORD) && !values.includes(ACR_MULTI_FACTOR)
  );
}

import * as client from 'openid-client';
import { CALLBACK } from './site.ts';

/** What the tokens say of how the person was proved. */
export const PASSWORD_ACR = 'urn:sallyport:acr:password';
export const MULTI_FACTOR_ACR = 'urn:sallyport:acr:multi-factor';

type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/** A relying application that checks everything as strictly as `openid-client` does. */
export class RelyingApplication {
  readonly config: client.Configuration;
  private readonly pending = new Map<string, { verifier: string; nonce: string }>();

  private constructor(config: client.Configuration) {
    this.config = config;
  }

  static async discover(issuer: string, id: string, secret: string): Promise<RelyingApplication> {
    const auth = secret ? client.ClientSecretBasic(secret) : client.None();
    return new RelyingApplication(
      await client.discovery(new URL(issuer), id, undefined, auth, {
        execute: [client.allowInsecureRequests],
      }),
    );
  }

  /** An authorization request with PKCE, state and nonce. */
  async request(extra: Record<string, string> = {}): Promise<string> {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const nonce = client.randomNonce();
    this.pending.set(state, { verifier, nonce });
    return client.buildAuthorizationUrl(this.config, {
      redirect_uri: CALLBACK,
      scope: 'openid profile email',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...extra,
    }).href;
  }

  /** Exchanges what came back to the callback. @throws what openid-client throws, an error response included */
  async exchange(landedAt: string, maxAge?: number): Promise<Tokens> {
    const state = new URL(landedAt).searchParams.get('state') ?? '';
    const pending = this.pending.get(state);
    if (!pending) throw new Error(`nothing is pending for ${landedAt}`);
    return client.authorizationCodeGrant(this.config, new URL(landedAt), {
      pkceCodeVerifier: pending.verifier,
      expectedNonce: pending.nonce,
      expectedState: state,
      ...(maxAge === undefined ? {} : { maxAge }),
    });
  }

  /** The fields of a token request for what came back, for tests that send it many times. */
  tokenRequest(landedAt: string): Record<string, string> {
    const url = new URL(landedAt);
    const pending = this.pending.get(url.searchParams.get('state') ?? '');
    return {
      grant_type: 'authorization_code',
      code: url.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      code_verifier: pending?.verifier ?? '',
    };
  }

  refresh(tokens: Tokens): Promise<Tokens> {
    return client.refreshTokenGrant(this.config, tokens.refresh_token ?? '');
  }

  userinfo(tokens: Tokens): Promise<client.UserInfoResponse> {
    return client.fetchUserInfo(this.config, tokens.access_token, tokens.claims()?.sub ?? '');
  }

  introspect(token: string): Promise<client.IntrospectionResponse> {
    return client.tokenIntrospection(this.config, token);
  }

  revoke(token: string): Promise<void> {
    return client.tokenRevocation(this.config, token);
  }

  logoutUrl(idToken: string | undefined): string {
    return client.buildEndSessionUrl(this.config, {
      post_logout_redirect_uri: 'http://localhost:9/',
      ...(idToken ? { id_token_hint: idToken } : {}),
    }).href;
  }
}

/** The error that an application meets. */
export function errorOf(landedAt: string): string | null {
  return new URL(landedAt).searchParams.get('error');
}

export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
}

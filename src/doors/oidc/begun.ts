import type { Context } from 'koa';
import { errors } from 'oidc-provider';
import { type Clock, errorCatalogue, networkOf } from '../../foundation/base/index.ts';

const WINDOW_SECONDS = 600;

/** No redirect: an application would take it for a refusal of the person, and many begin again at once. */
export class TooManyBegun extends errors.OIDCProviderError {
  constructor() {
    super(429, 'temporarily_unavailable');
    Object.assign(this, {
      expose: true,
      allow_redirect: false,
      error_description: errorCatalogue.too_many_begun.message,
    });
  }
}

/**
 * Whether a page asks for this address as an image, a frame or with a script. One page of another site, open in one browser of a
 * contact centre, would else use up what everybody behind that address may begin (X8); none of our pages shows in a frame.
 */
export function isEmbedded(ctx: Pick<Context, 'get'>): boolean {
  return !['', 'document'].includes(ctx.get('sec-fetch-dest'));
}

/** No redirect: what is embedded follows none to a page that a person sees. */
export class BegunEmbedded extends errors.OIDCProviderError {
  constructor() {
    super(403, 'invalid_request');
    Object.assign(this, {
      expose: true,
      allow_redirect: false,
      error_description: errorCatalogue.cross_site_refused.message,
    });
  }
}

/**
 * Counts what each network begins: to begin a sign-in, or to ask for a sign-out, costs a stranger one request, and us a record for
 * an hour or two. Counted here by each process for itself, as a count in the store would cost as much as what it saves.
 * @returns called before each; whether the network has begun fewer than `most` within these ten minutes
 */
export function createBegunLimit(clock: Clock, most: number): (address: string) => boolean {
  let window = 0;
  let begun = new Map<string, number>();
  return (address) => {
    const current = Math.floor(clock.now() / WINDOW_SECONDS);
    if (current !== window) {
      window = current;
      begun = new Map();
    }
    const network = networkOf(address);
    if (network === undefined) return true;
    const count = begun.get(network) ?? 0;
    if (count >= most) return false;
    begun.set(network, count + 1);
    return true;
  };
}

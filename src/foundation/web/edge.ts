import type { Context, Middleware } from 'koa';
import {
  isWithin,
  type Log,
  newId,
  parseRange,
  plainAddress,
  type Range,
  readHop,
  SallyportError,
} from '../base/index.ts';

/** What the outermost middleware knows of every request. */
export interface WebState {
  /** Of the person's machine: through trusted proxies only. */
  address: string;
  requestId: string;
  /** The fields of a posted form; empty for other methods. */
  form: ReadonlyMap<string, string>;
  /** The body, in an area of JSON: one object, which no schema has seen yet; nothing where none was sent. */
  json?: object;
  /** The name of the route that answers, where it is one of ours. */
  route?: string;
}

export type WebContext = Context & { state: WebState };

export interface EdgeOptions {
  issuer: string;
  trustedProxies: readonly string[];
  log: Log;
}

/** Where a request comes from, as the audit has it. */
export function visitorOf(ctx: WebContext): { address: string; browser: string } {
  return { address: ctx.state.address, browser: ctx.get('user-agent') };
}

const MAX_KNOWN = 1_000;
const known = new Map<string, string>();

/** The address in its shortest form; IPv4 that came over IPv6 as IPv4. The last ones are remembered: peers come again. */
function plain(address: string): string {
  const remembered = known.get(address);
  if (remembered !== undefined) return remembered;
  const text = plainAddress(address);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(address, text);
  return text;
}

/** Where a trusted proxy does not say, in words that can be read, who is behind it. No budget is kept for it, and no network holds it. */
const UNKNOWN_ADDRESS = 'unknown';

/**
 * The address a request came from: the peer, or, where the peer is a trusted proxy, the first address that is none when
 * X-Forwarded-For is walked from the right. What stands left of it was written by a stranger and means nothing (S26).
 * @param onUnreadable told of a hop that a trusted proxy sent and that names no address: it is never taken for the proxy itself,
 * whose budgets everybody behind it would then share
 */
export function clientAddress(
  peer: string,
  forwardedFor: string,
  ranges: readonly Range[],
  onUnreadable: (hop: string) => void = () => {},
): string {
  let current = plain(peer);
  const hops = forwardedFor
    .split(',')
    .map((hop) => hop.trim())
    .filter(Boolean);
  while (isWithin(current, ranges)) {
    const hop = hops.pop();
    if (hop === undefined) break;
    const address = readHop(hop);
    if (address === undefined) {
      onUnreadable(hop);
      return UNKNOWN_ADDRESS;
    }
    current = address;
  }
  return current;
}

/** How many shapes are told of: strangers cannot fill the log with what they make a proxy send on. */
const MOST_SHAPES = 20;

/** Warns once of each shape of hop that cannot be read. */
function unreadableHops(log: Log): (hop: string) => void {
  const told = new Set<string>();
  return (hop) => {
    const shape = hop.replace(/[0-9a-f]+/gi, 'x').slice(0, 40);
    if (told.has(shape) || told.size >= MOST_SHAPES) return;
    told.add(shape);
    log.warn({ hop: hop.slice(0, 100) }, 'a trusted proxy sent an X-Forwarded-For that names no address');
  };
}

/** A Host header as it is compared: without case, the dot of the root, and the default port (RFC 3986, section 6.2.3). */
export function comparableHost(host: string | undefined, protocol: string): string {
  const [, name = '', port = ''] =
    /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec((host ?? '').trim().toLowerCase()) ?? [];
  const isDefault = port === (protocol === 'https:' ? ':443' : ':80');
  return `${name.replace(/\.$/, '')}${isDefault ? '' : port}`;
}

const FORWARDING_HEADERS = [
  'forwarded',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-forwarded-prefix',
  'x-real-ip',
];

/**
 * Origin-form only (RFC 9112, section 3.2.1): a path below one slash, and a query, in printable ASCII. The engine builds every address that it
 * prints from the request's own, so that another form (`http://evil.example/…`, `//evil.example/…`, `\\evil.example`) would put a
 * foreign host into discovery, forms and redirects (X1).
 */
const ORIGIN_FORM = /^\/(?![/\\])[\x21-\x22\x24-\x3e\x40-\x5b\x5d-\x7e]*(?:\?[\x21-\x22\x24-\x7e]*)?$/;

/**
 * Pins the public origin: the engine builds its addresses from the Host header, so a foreign Host is refused, or overwritten
 * behind a trusted proxy, before anything reads it (S44, S63). Health is exempt: monitors ask by address.
 */
export function edge({ issuer, trustedProxies, log }: EdgeOptions): Middleware {
  const { host, protocol } = new URL(issuer);
  const ranges = trustedProxies.map(parseRange);
  const onUnreadable = unreadableHops(log);
  return async (ctx, next) => {
    const { headers } = ctx.req;
    const peer = ctx.req.socket.remoteAddress ?? '';
    const behindProxy = isWithin(peer, ranges);
    const state = ctx.state as WebState;
    state.requestId = newId();
    const forwarded = behindProxy ? String(headers['x-forwarded-for'] ?? '') : '';
    state.address = clientAddress(peer, forwarded, ranges, onUnreadable);
    state.form = new Map();
    ctx.set('x-request-id', state.requestId);
    if (!ORIGIN_FORM.test(ctx.req.url ?? ''))
      throw new SallyportError('bad_request', 'the request target is not a path');
    if (ctx.method === 'TRACE' || ctx.method === 'TRACK') throw new SallyportError('method_not_allowed');
    const isHealth = ctx.path === '/health/live' || ctx.path === '/health/ready';
    if (!behindProxy && !isHealth && comparableHost(headers.host, protocol) !== host)
      throw new SallyportError('host_unknown', String(headers.host), {
        said: `This server answers for ${host}, and for no other host.`,
      });
    for (const name of FORWARDING_HEADERS) if (name in headers) delete headers[name];
    headers.host = host;
    headers['x-forwarded-proto'] = protocol.slice(0, -1);
    headers['x-forwarded-for'] = state.address;
    await next();
  };
}

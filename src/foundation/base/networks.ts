import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address range as ipaddr.js compares it: a base address and how many bits of it count. */
export type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Whether a text is an IP address, or a range of them in CIDR form. */
export function isRange(text: string): boolean {
  return ipaddr.isValidCIDR(text) || ipaddr.isValid(text);
}

/** @throws Error for what is neither an address nor a range */
export function parseRange(text: string): Range {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Whether an address lies in one of the ranges; what is no address lies in none. */
export function isWithin(address: string, ranges: readonly Range[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return ranges.some(([range, bits]) => parsed.kind() === range.kind() && parsed.match(range, bits));
}

const rangesOf = new WeakMap<readonly string[], Range[]>();

/** Whether an address lies in one of the networks, in the texts of a policy; each list is parsed once. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  const ranges = rangesOf.get(networks) ?? networks.map(parseRange);
  rangesOf.set(networks, ranges);
  return isWithin(address, ranges);
}

/** An address in its shortest form; IPv4 that came over IPv6 as IPv4. What is no address stays as it is. */
export function plainAddress(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

const BRACKETED = /^\[([^\]]+)\](?::\d{1,5})?$/;
const WITH_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/;

/**
 * Reads one hop of a forwarding header in the forms in which proxies write it: `v4`, `v4:port`, `v6`, `[v6]`, `[v6]:port`, with a
 * zone, in quotes, and as a `for=` pair of RFC 7239.
 * @returns the address, or undefined for what names none (`unknown`, an obfuscated name, nonsense)
 */
export function readHop(hop: string): string | undefined {
  const value = hop
    .trim()
    .replace(/^for=/i, '')
    .replace(/;.*$/s, '')
    .replace(/^"(.*)"$/s, '$1');
  const text = (BRACKETED.exec(value)?.[1] ?? WITH_PORT.exec(value)?.[1] ?? value).replace(/%[\w.-]+$/, '');
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
  return isAddress ? plainAddress(text) : undefined;
}

/** IPv6 hands whole /64 networks to one household: a budget for one address would be none. */
const IPV6_NETWORK_BITS = 64;

/**
 * The network that shares a budget: an IPv4 address, or the /64 of an IPv6 one.
 * @returns undefined for what is no address: people whose address is not known share no budget
 */
export function networkOf(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${IPV6_NETWORK_BITS}`).toString();
}

/** IANA has given out no other IPv6 than this for the internet (RFC 4291, section 2.4). */
const GLOBAL_UNICAST = parseRange('2000::/3');

/** Within it: not for the internet, or ways in to IPv4 addresses that were not judged (IANA's registry of special IPv6 addresses). */
const SPECIAL_IPV6 = [
  // Protocol assignments: Teredo, benchmarking, ORCHID and ORCHIDv2, AS112, drone identities.
  '2001::/23',
  // Documentation, twice.
  '2001:db8::/32',
  '3fff::/20',
  // 6to4.
  '2002::/16',
  // Reverse lookup by AS112.
  '2620:4f:8000::/48',
  // The former 6bone.
  '3ffe::/16',
].map(parseRange);

/** IPv4 that the library takes for public, and that is not: reserved for protocols, AS112, AMT, and the former 6to4 relays. */
const SPECIAL_IPV4 = [
  '192.0.0.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.175.48.0/24',
].map(parseRange);

/** Whether an address belongs to the public internet: not private, loopback, link-local, shared or otherwise special (RFC 6890). */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4)
    return ipaddr.process(address).range() === 'unicast' && !isWithin(address, SPECIAL_IPV4);
  // In hexadecimal: the library takes `::8.8.8.8`, which is no IPv4 address, for one. A zone is part of no public address.
  const literal = `http://[${address}]`;
  if (isIP(address) !== 6 || !URL.canParse(literal)) return false;
  const plain = new URL(literal).hostname.slice(1, -1);
  const parsed = ipaddr.process(plain);
  if (parsed.kind() === 'ipv4') return isPublicAddress(parsed.toString());
  return isWithin(plain, [GLOBAL_UNICAST]) && !isWithin(plain, SPECIAL_IPV6);
}

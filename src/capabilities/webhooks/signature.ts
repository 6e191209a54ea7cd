import { createHmac } from 'node:crypto';
import { newSecret } from '../../foundation/base/index.ts';

const PREFIX = 'whsec_';

/** 256 random bits in the form of Standard Webhooks. */
export function newSigningSecret(): string {
  return PREFIX + Buffer.from(newSecret(), 'base64url').toString('base64');
}

/**
 * The headers of one attempt (Standard Webhooks 1.0, signature scheme `v1`: HMAC-SHA-256 of `id.timestamp.body`).
 * @param secrets one signature each: two while a receiver changes from one to the other
 * @param at epoch seconds of the attempt
 */
export function signedHeaders(
  { id, body, at }: { id: string; body: string; at: number },
  secrets: readonly string[],
): Record<string, string> {
  const signature = (secret: string) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`;
  };
  return {
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': secrets.map(signature).join(' '),
  };
}

import { createHash } from 'node:crypto';
import type { Vault } from '../../foundation/base/index.ts';

/** What an id is made of (API-4). */
export interface IdSource {
  accountId: string;
  tokenId: string;
  epoch: number;
  /** Random, drawn for each session: no id comes twice. */
  serial: string;
  /** Of the store in which the session was begun: a lost one gives no id again. */
  generation: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A UUIDv8 of 122 of these bits (RFC 9562, section 5.8). */
function uuidOf(bytes: Buffer): string {
  const sixteen = Buffer.from(bytes.subarray(0, 16));
  sixteen[6] = ((sixteen[6] ?? 0) & 0x0f) | 0x80;
  sixteen[8] = ((sixteen[8] ?? 0) & 0x3f) | 0x80;
  const hex = sixteen.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Whether a text has the shape of a session id, in lower case. */
export function isSessionId(text: string): boolean {
  return UUID.test(text);
}

/** Under what a session is stored: names it, and opens nothing (S52). */
export function referenceOf(sessionId: string): string {
  return uuidOf(createHash('sha256').update(sessionId).digest());
}

/** Session ids are a MAC of what they stand for, so that the store need not keep them readable (API-4, S52). */
export function createSessionIds(vault: Vault): { of(source: IdSource): string } {
  return {
    of: ({ accountId, tokenId, epoch, serial, generation }) => {
      const text = JSON.stringify([accountId, tokenId, epoch, serial, generation]);
      return uuidOf(Buffer.from(vault.mac('api-session', text), 'base64url'));
    },
  };
}

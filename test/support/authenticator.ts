import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

/** What a page asks a browser for, as far as an authenticator reads it. */
interface Options {
  challenge: string;
  rp?: { id: string };
  rpId?: string;
  user?: { id: string };
}

interface Answering {
  origin: string;
  counter?: number;
  userVerified?: boolean;
  /** The relying party that it signs for, where that is not the one that asks. */
  rpId?: string;
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  return length < 256
    ? Buffer.from([(major << 5) | 24, length])
    : Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
}

/** CBOR (RFC 8949) of the few kinds that an attestation has. */
function cbor(value: string | number | Buffer | Map<string | number, unknown>): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  const pairs = [...value].flatMap(([k, v]) => [cbor(k), cbor(v as never)]);
  return Buffer.concat([head(5, value.size), ...pairs]);
}

/**
 * A passkey in software: answers what a page asks for as a browser and its authenticator would (Web Authentication, sections 6
 * and 7), or wrongly where a test wants it so.
 */
export class SoftwarePasskey {
  readonly id = randomBytes(32).toString('base64url');
  private readonly keys: { publicKey: KeyObject; privateKey: KeyObject };
  private readonly isSynced: boolean;
  private handle = '';

  constructor({ isSynced = false } = {}) {
    this.isSynced = isSynced;
    this.keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  }

  private authenticatorData(rpId: string, answering: Answering, attested: Buffer): Buffer {
    const { counter = 0, userVerified = true } = answering;
    const flags = 1 | (userVerified ? 4 : 0) | (this.isSynced ? 8 : 0) | (attested.length > 0 ? 64 : 0);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, attested]);
  }

  private clientData(type: string, { challenge }: Options, { origin }: Answering): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }

  /** @param options the JSON that the page carries */
  create(options: string, answering: Answering): string {
    const asked = JSON.parse(options) as Options;
    this.handle = asked.user?.id ?? '';
    const { x = '', y = '' } = this.keys.publicKey.export({ format: 'jwk' });
    const key = cbor(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    );
    const id = Buffer.from(this.id, 'base64url');
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, key]);
    const data = this.authenticatorData(answering.rpId ?? asked.rp?.id ?? '', answering, attested);
    const attestation = cbor(
      new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', data],
      ]),
    );
    return this.answer({
      clientDataJSON: this.clientData('webauthn.create', asked, answering).toString('base64url'),
      attestationObject: attestation.toString('base64url'),
      transports: ['internal'],
    });
  }

  get(options: string, answering: Answering): string {
    const asked = JSON.parse(options) as Options;
    const clientData = this.clientData('webauthn.get', asked, answering);
    const data = this.authenticatorData(answering.rpId ?? asked.rpId ?? '', answering, Buffer.alloc(0));
    const signed = Buffer.concat([data, sha256(clientData)]);
    return this.answer({
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: createSign('sha256').update(signed).sign(this.keys.privateKey).toString('base64url'),
      userHandle: this.handle,
    });
  }

  private answer(response: Record<string, unknown>): string {
    const { id } = this;
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response });
  }
}

/** What the page asks a passkey for. */
export function passkeyOptions(page: {
  dom: { querySelector(s: string): { getAttribute(n: string): string | undefined } | null };
}): string {
  const escaped =
    page.dom.querySelector('[data-passkey-options]')?.getAttribute('data-passkey-options') ?? '';
  return escaped;
}

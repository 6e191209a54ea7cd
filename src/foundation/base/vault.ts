import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Seals what must be read back (SEC-2) under the master keys. */
export interface Sealer {
  /** AES-256-GCM under the first master key. `context` names the record it belongs to: opened under another one, it fails (S32). */
  seal(plain: string, context: string): string;
  /** @throws Error when the value was changed, moved to another record, or sealed under a master key that is not here. */
  open(sealed: string, context: string): string;
  /** Whether the value is sealed under the first master key. */
  isCurrent(sealed: string): boolean;
}

/** A sealer that also keys the MACs and cookies of one installation. */
export interface Vault extends Sealer {
  /** HMAC-SHA-256 under a key of its own for each purpose, as base64url. The same after a change of master keys. */
  mac(purpose: string, text: string): string;
}

const VERSION = 'v1';

function derive(secret: Buffer, purpose: string, bytes = 32): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `sallyport:${purpose}`, bytes));
}

/** @returns the text, or undefined when this is not the key, or the value was changed or moved */
function opening(key: Buffer, data: string, context: string): string | undefined {
  const bytes = Buffer.from(data, 'base64url');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** @param masterKeys 32 bytes each: the first seals, all open, so that processes can change keys one after another */
export function createSealer(masterKeys: readonly Buffer[]): Sealer {
  if (masterKeys.length === 0 || masterKeys.some((key) => key.length !== 32))
    throw new RangeError('a master key has 32 bytes');
  const keys = masterKeys.map((masterKey) => ({
    id: derive(masterKey, 'key-id', 6).toString('base64url'),
    sealing: derive(masterKey, 'seal'),
  }));
  const [current] = keys as [(typeof keys)[number]];
  return {
    seal(plain, context) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', current.sealing, iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      const data = Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
      return `${VERSION}.${current.id}.${data}`;
    },
    open(sealed, context) {
      const [version, ...rest] = sealed.split('.');
      if (version !== VERSION) throw new Error('sealed by an unknown version');
      const [data = '', id] = rest.reverse();
      // The first format named no key.
      const candidates = keys.filter((key) => id === undefined || key.id === id);
      const opened = candidates
        .map((key) => opening(key.sealing, data, context))
        .find((text) => text !== undefined);
      if (opened === undefined) throw new Error('changed, moved, or sealed under another master key');
      return opened;
    },
    isCurrent: (sealed) => sealed.startsWith(`${VERSION}.${current.id}.`),
  };
}

/** @param macRoot 32 random bytes of the installation, kept sealed in its documents */
export function createVault(sealer: Sealer, macRoot: Buffer): Vault {
  if (macRoot.length !== 32) throw new RangeError('a MAC root has 32 bytes');
  const macKeys = new Map<string, Buffer>();
  return {
    ...sealer,
    mac(purpose, text) {
      const key = macKeys.get(purpose) ?? derive(macRoot, `mac:${purpose}`);
      macKeys.set(purpose, key);
      return createHmac('sha256', key).update(text).digest('base64url');
    },
  };
}

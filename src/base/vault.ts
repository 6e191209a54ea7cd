import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Seals what must be read back (SEC-2), and keys the MACs and cookies of one installation. */
export interface Vault {
  /** AES-256-GCM. `context` names the record it belongs to: opened under another one, it fails (S32). */
  seal(plain: string, context: string): string;
  /** @throws Error when the value was changed, moved to another record, or sealed under another master key. */
  open(sealed: string, context: string): string;
  /** HMAC-SHA-256 under a key of its own for each purpose, as base64url. */
  mac(purpose: string, text: string): string;
}

const VERSION = 'v1';

/** @param masterKey 32 bytes */
export function createVault(masterKey: Buffer): Vault {
  if (masterKey.length !== 32) throw new RangeError('a master key has 32 bytes');
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', masterKey, '', `sallyport:${purpose}`, 32));
  const sealing = derive('seal');
  const macKeys = new Map<string, Buffer>();
  return {
    seal(plain, context) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealing, iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `${VERSION}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed, context) {
      const [version, data = ''] = sealed.split('.');
      if (version !== VERSION) throw new Error('sealed by an unknown version');
      const bytes = Buffer.from(data, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, 12), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    },
    mac(purpose, text) {
      const key = macKeys.get(purpose) ?? derive(`mac:${purpose}`);
      macKeys.set(purpose, key);
      return createHmac('sha256', key).update(text).digest('base64url');
    },
  };
}

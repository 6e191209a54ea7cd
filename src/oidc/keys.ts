import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Clock, Vault } from '../base/index.ts';
import type { CollectionSpec, Documents } from '../stores/index.ts';

interface SigningKey {
  /** Algorithm and serial: two first starts at once make one key, not two. */
  id: string;
  alg: 'ES256' | 'RS256';
  sealedJwk: string;
  createdAt: number;
}

const SPEC: CollectionSpec = { name: 'signingKeys', indexes: { order: { fields: ['id'] } } };
/** The first that fits signs. RS256 stays for applications that know nothing else (OID-2). */
const ALGORITHMS = ['ES256', 'RS256'] as const;

async function makeKey(alg: SigningKey['alg'], vault: Vault, now: number): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const id = `${alg}:1`;
  const complete: JWK = { ...jwk, alg, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
  return { id, alg, sealedJwk: vault.seal(JSON.stringify(complete), `signing-key:${id}`), createdAt: now };
}

/** The signing keys, made at first start and sealed at rest. @returns private JWKs, the preferred algorithm first */
export async function openSigningKeys(parts: {
  documents: Documents;
  vault: Vault;
  clock: Clock;
}): Promise<JWK[]> {
  const { documents, vault, clock } = parts;
  const collection = documents.collection<SigningKey>(SPEC);
  const keys: JWK[] = [];
  for (const alg of ALGORITHMS) {
    const id = `${alg}:1`;
    let stored = await collection.get(id);
    if (!stored) {
      await collection.insert(await makeKey(alg, vault, clock.now()));
      stored = await collection.get(id);
    }
    if (!stored) throw new Error(`the signing key ${id} is gone`);
    keys.push(JSON.parse(vault.open(stored.doc.sealedJwk, `signing-key:${id}`)) as JWK);
  }
  return keys;
}

import { z } from 'zod';
import { done, operation } from '../operation.ts';
import { instant, nothing } from '../schemas.ts';

const keyView = z.object({
  alg: z.string(),
  kid: z.string(),
  serial: z.number(),
  state: z.string(),
  publishedAt: instant.optional(),
  activeAt: instant,
  retiredAt: instant.optional(),
  withdrawnAt: instant.optional(),
});

export const list = operation({
  name: 'keys list',
  summary: 'Lists the signing keys with their states and times.',
  on: 'installation',
  permission: 'manage-keys',
  effect: 'reads',
  path: '/signing-keys',
  input: nothing,
  output: z.object({ keys: z.array(keyView) }),
  run: async ({ keys }) => done({ keys: await keys.list() }),
});

export const rotate = operation({
  name: 'keys rotate',
  summary:
    'Publishes the next signing key of an algorithm; it signs once every kept copy of the key set has expired.',
  on: 'installation',
  permission: 'manage-keys',
  effect: 'creates',
  isSensitive: true,
  audit: 'key.rotated',
  path: '/signing-keys/rotate',
  input: z.strictObject({
    alg: z.enum(['ES256', 'RS256']),
    compromised: z.boolean().default(false).describe('the new key signs at once, and the old one is refused'),
  }),
  output: keyView,
  run: async ({ keys }, _installation, { alg, compromised }) => {
    const key = await keys.rotate(alg, compromised);
    if ('refused' in key) return key;
    const { kid, activeAt } = key;
    const entry = { reason: compromised ? 'compromised' : '', detail: { alg, kid, activeAt } };
    return done(key, { entry });
  },
});

export const reseal = operation({
  name: 'keys reseal',
  summary: 'Seals every secret under the first master key, beside running servers that know both.',
  on: 'installation',
  permission: 'manage-keys',
  effect: 'changes',
  isLong: true,
  isSensitive: true,
  audit: 'key.resealed',
  path: '/signing-keys/reseal',
  input: nothing,
  output: z.object({ resealed: z.number() }),
  run: async (parts, _installation, _input, { progress }) => {
    const resealed = await parts.reseal(progress);
    return done({ resealed }, { entry: { detail: { secrets: resealed } } });
  },
});

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fingerprint } from '../base/index.ts';
import { publicReading } from './guards.ts';
import type { Registry } from './registry.ts';

interface Asset {
  type: string;
  body: Buffer;
}

const require = createRequire(import.meta.url);
/** The package exports only its modules; the bundle for pages lies beside them. */
function webauthnBundle(): string {
  return join(dirname(require.resolve('@simplewebauthn/browser')), '../dist/bundle/index.umd.min.js');
}

const OWN = new URL('../../../views/assets/', import.meta.url);

function load(): { name: string; asset: Asset }[] {
  const files = [
    {
      name: 'pico',
      extension: 'css',
      type: 'text/css',
      file: require.resolve('@picocss/pico/css/pico.min.css'),
    },
    {
      name: 'webauthn',
      extension: 'js',
      type: 'text/javascript',
      file: webauthnBundle(),
    },
    { name: 'passkey', extension: 'js', type: 'text/javascript', file: new URL('passkey.js', OWN) },
    { name: 'send', extension: 'js', type: 'text/javascript', file: new URL('send.js', OWN) },
    { name: 'sallyport', extension: 'css', type: 'text/css', file: new URL('sallyport.css', OWN) },
    { name: 'mark', extension: 'svg', type: 'image/svg+xml', file: new URL('mark.svg', OWN) },
  ];
  return files.map(({ name, extension, type, file }) => {
    const body = readFileSync(file);
    return {
      name: `${name}.${fingerprint(body.toString('latin1')).slice(0, 12)}.${extension}`,
      asset: { type, body },
    };
  });
}

/**
 * Serves the few static files under names that hold their content's hash, so that browsers keep them for good.
 * @returns the address of each by its plain name
 */
export function createAssets(registry: Registry): Record<string, string> {
  const assets = load();
  const byName = new Map(assets.map(({ name, asset }) => [name, asset]));
  registry.route(
    {
      method: 'GET',
      path: '/assets/:file',
      name: 'asset',
      guards: publicReading('a public file that says nothing about anybody', 'answered from memory'),
    },
    async (ctx) => {
      const asset = byName.get(ctx.params.file);
      if (!asset) return;
      ctx.type = asset.type;
      ctx.set('cache-control', 'public, max-age=31536000, immutable');
      ctx.body = asset.body;
    },
  );
  return Object.fromEntries(assets.map(({ name }) => [name.split('.')[0], `/assets/${name}`]));
}

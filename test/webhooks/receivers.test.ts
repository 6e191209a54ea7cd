import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { findService } from '../services.ts';
import { administer } from '../support/administration.ts';
import { eventually } from '../support/eventually.ts';
import { freshFolder } from '../support/folder.ts';
import { freePort } from '../support/port.ts';
import { serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const { webhook: of } = operations;
const server = serverForAll({ SALLYPORT_OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32' });
const running: ChildProcess[] = [];
let folder: ReturnType<typeof freshFolder>;
beforeEach(() => {
  folder = freshFolder();
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  folder.remove();
});

function python(): string {
  const found = findService('Python');
  if (!found) throw new Error('Python is missing: npm run services');
  return found;
}

/** The program that the document shows in a language. */
function shown(language: string): string {
  const text = readFileSync('docs/webhooks.md', 'utf8');
  const [, program] = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  if (program === undefined) throw new Error(`no program in ${language}`);
  return program;
}

const LANGUAGES: [string, string, string, () => string][] = [
  ['TypeScript', 'ts', 'receiver.mts', () => 'node'],
  ['Python', 'python', 'receiver.py', python],
];

describe('the receivers of the documentation', () => {
  test.each(LANGUAGES)(
    'AUD-1 in %s takes what is signed, each event once, and refuses the rest',
    async (...of4) => {
      const [, language, file, command] = of4;
      const tenant = await server.tenant();
      const port = await freePort();
      const address = `http://127.0.0.1:${port}/`;
      const { secret } = await administer(server, of.create, tenant, { name: 'siem', address });
      const path = join(folder.path, file);
      writeFileSync(path, shown(language));
      const child = spawn(command(), [path], {
        env: { ...process.env, NODE_OPTIONS: '', WEBHOOK_SECRET: secret, PORT: String(port) },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      running.push(child);
      let said = '';
      child.stdout?.on('data', (chunk) => {
        said += chunk;
      });
      await eventually(
        () => said,
        (text) => text.includes('listening'),
      );
      expect(await administer(server, of.test, tenant, { webhook: 'siem' })).toMatchObject({ problem: '' });
      // Made by the webhook itself, and told from the audit.
      await eventually(
        () => said,
        (text) => text.includes('event webhook.created'),
      );
      const forged = await fetch(address, {
        method: 'POST',
        headers: {
          'webhook-id': 'forged',
          'webhook-timestamp': String(nowSeconds()),
          'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
        },
        body: '{"type":"forged"}',
      });
      expect(forged.status).toBe(401);
      expect(said).not.toContain('forged');
      expect(said.match(/event webhook\.created/g)).toHaveLength(1);
    },
  );
});

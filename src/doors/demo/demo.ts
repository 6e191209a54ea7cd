import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type App, createApp } from '../../app.ts';
import type { Mailbox } from '../../capabilities/mail/index.ts';
import type { Core } from '../../core/index.ts';
import { type Log, makeFolder } from '../../foundation/base/index.ts';
import type { Settings } from '../../foundation/settings/index.ts';
import { addMailbox } from './mailbox.ts';
import { startSampleApplication } from './sample-application.ts';
import { type MadeAccount, makeSamples, type SampleProgram } from './samples.ts';

export interface RunningDemo {
  app: App;
  announce(): Promise<void>;
  close(): Promise<void>;
}

/** Made first in the folder of a demo: what holds an installation without it is no demo's, and is not wiped. */
const MARK = 'demo';
const OWN_FOLDER = './data-demo';
const MADE_BY_US = /^(documents|ephemeral)\.sqlite(-wal|-shm)?$|^master-key$|^demo$/;

/** Empties the folder of the last demo, and marks it. @throws Error for a folder that holds something else */
function wipe(folder: string): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const strange = names.find((name) => !MADE_BY_US.test(name));
  // Demos of an earlier version had no mark; they lie in the folder that is theirs by name.
  const isDemo = names.length === 0 || names.includes(MARK) || resolve(folder) === resolve(OWN_FOLDER);
  if (strange !== undefined || !isDemo)
    throw new Error(`${folder} holds ${strange ?? 'an installation'}, which no demo made: it is not wiped`);
  rmSync(folder, { recursive: true, force: true });
  makeFolder(folder);
  writeFileSync(join(folder, MARK), '', { mode: 0o600 });
}

function table(accounts: readonly MadeAccount[]): string {
  const rows = [
    ['PRESET', 'CLIENT CODE', 'WHO', 'NAME', 'PASSWORD', 'WHAT HAPPENS'],
    ...accounts.map((a) => [a.preset, a.clientCode, a.population, a.userName, a.password, a.note]),
  ];
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows
    .map(
      (row) =>
        `  ${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}`,
    )
    .join('\n');
}

/** A sign-in of a program, to paste into another terminal. */
function example(issuer: string, { token, ...person }: SampleProgram): string {
  const body = JSON.stringify(person);
  return `  Session API   curl ${issuer}/session/login -H 'LV-Access: ${token}' -H 'content-type: application/json' -d '${body}'`;
}

/** Settings of the demo: loopback, a folder of its own, wiped. */
export function prepareDemo(settings: Settings) {
  const { port } = settings.listen;
  const demoSettings: Settings = {
    ...settings,
    issuer: `http://localhost:${port}`,
    listen: { ...settings.listen, host: '127.0.0.1' },
    data: settings.data === './data' ? OWN_FOLDER : settings.data,
    // The sample application is on this very machine, and hears of logouts.
    outbound: { allowedNetworks: ['127.0.0.0/8', '::1/128'] },
  };
  wipe(demoSettings.data);
  const mailbox: Mailbox = { messages: [] };
  return {
    settings: demoSettings,
    mailbox,
    startDemo: async (core: Core, log: Log): Promise<RunningDemo> => {
      const app = await createApp(core, {
        log,
        addRoutes: (registry, pages) => addMailbox(registry, pages, mailbox),
      });
      const samplePort = port + 1;
      const { accounts, secret, program } = await makeSamples(core, samplePort);
      const sample = await startSampleApplication({
        issuer: demoSettings.issuer,
        port: samplePort,
        clientId: 'sample',
        secret,
        log,
      });
      return {
        app,
        announce: async () => {
          process.stdout.write(
            `\nSallyport, the demo. Everything here is thrown away at the next start.\n\n` +
              `  Sample application   http://localhost:${samplePort}   (start here)\n` +
              `  Sallyport            ${demoSettings.issuer}\n` +
              `  Mailbox              ${demoSettings.issuer}/demo/mailbox\n\n${table(accounts)}\n\n${example(demoSettings.issuer, program)}\n\n`,
          );
        },
        close: () => sample.close(),
      };
    },
  };
}

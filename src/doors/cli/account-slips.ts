import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { Core } from '../../core/index.ts';
import { longTime } from '../../foundation/base/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { everyPage, perform, populationOf } from './operations.ts';
import { print, Refused, withCore } from './terminal.ts';

const { account: of, tenant: tenantOperations } = operations;

type Slip = z.output<typeof of.makeSlip.output>;
type Site = z.output<typeof tenantOperations.show.output>;

interface SlipOptions {
  tenant: string;
  population: string;
  userName?: string;
  allPending?: boolean;
  out: string;
  reason: string;
}

const VIEWS = new URL('../../../views/', import.meta.url);

async function page(core: Core, tenant: Site, slips: readonly Slip[]): Promise<string> {
  const [{ Eta }, { default: QRCode }] = await Promise.all([import('eta'), import('qrcode')]);
  const eta = new Eta({ views: fileURLToPath(VIEWS), autoEscape: true });
  const shown = await Promise.all(
    slips.map(async ({ uri, expiresAt, ...slip }) => ({
      ...slip,
      picture: await QRCode.toString(uri, { type: 'svg', margin: 2 }),
      until: longTime(expiresAt, tenant.policy.locale.timeZone),
    })),
  );
  return eta.render('./slips', {
    title: 'slips.title',
    t: core.say,
    issuer: core.settings.issuer,
    tenantName: tenant.name,
    slips: shown,
  });
}

/** The names of everybody whose set-up is pending, or the one that was named. */
async function namesOf(core: Core, { tenant, population: text, userName }: SlipOptions): Promise<string[]> {
  if (userName !== undefined) return [userName];
  const population = populationOf(text);
  const all = await everyPage(async (from) => {
    const { accounts, next } = await perform(core, of.list, { tenant }, { population, ...from });
    return { items: accounts, next };
  });
  return all.filter(({ secondFactor }) => secondFactor === 'pending').map((account) => account.userName);
}

/** Opened before anything is made: a file that cannot be written must not cost a person their set-up. */
function reserve(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    throw new Refused(`${file} could not be made: ${(error as Error).message}`);
  }
}

async function slips(options: SlipOptions, command: Command): Promise<void> {
  if ((options.allPending ?? false) === (options.userName !== undefined))
    throw new Refused('name a person with --user-name, or say --all-pending');
  await withCore(command, async (core) => {
    const { tenant, reason } = options;
    const population = populationOf(options.population);
    const site = await perform(core, tenantOperations.show, { tenant }, {});
    const names = await namesOf(core, options);
    const file = reserve(options.out);
    const made: Slip[] = [];
    const refused: string[] = [];
    try {
      for (const userName of names) {
        const slip = perform(core, of.makeSlip, { tenant, population, userName }, { reason });
        await slip.then(
          (one) => made.push(one),
          (error: unknown) => {
            if (!(error instanceof Refused)) throw error;
            refused.push(error.message);
          },
        );
      }
      writeSync(file, await page(core, site, made));
    } finally {
      closeSync(file);
    }
    if (made.length === 0) {
      rmSync(options.out);
      throw new Refused(refused[0] ?? 'no account has a set-up pending');
    }
    print(command, { slips: made.length, file: options.out, refused }, [
      `Activation slips in ${options.out}: ${made.length}. Print them, hand them over, and delete the file.`,
      ...refused,
    ]);
  });
}

export function addSlip(account: Command): void {
  account
    .command('slips')
    .description(
      'Writes activation slips to print, for people who cannot scan a picture from the screen: each holds a new secret, shown once.',
    )
    .requiredOption('--tenant <client-code>', 'the client code of the tenant')
    .requiredOption('--population <population>', 'user or agent')
    .option('--user-name <name>', 'one person')
    .option('--all-pending', 'everybody whose second factor is to be set up')
    .requiredOption('--out <file>', 'an HTML file that only its owner can read')
    .option('--reason <reason>', 'for the record', '')
    .action(slips);
}

import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Account } from '../accounts/index.ts';
import type { ActivationSlip } from '../administration/index.ts';
import { longTime } from '../base/index.ts';
import type { Core } from '../core.ts';
import type { Tenant } from '../tenants/index.ts';
import { everyAccount, find, OPERATOR, populationOf } from './account-support.ts';
import { print, Refused, tenantOf, withCore } from './terminal.ts';

interface SlipOptions {
  tenant: string;
  population: string;
  userName?: string;
  allPending?: boolean;
  out: string;
  reason: string;
}

const VIEWS = new URL('../../views/', import.meta.url);

async function page(core: Core, tenant: Tenant, slips: readonly ActivationSlip[]): Promise<string> {
  const [{ Eta }, { default: QRCode }] = await Promise.all([import('eta'), import('qrcode')]);
  const eta = new Eta({ views: fileURLToPath(VIEWS), autoEscape: true });
  const shown = await Promise.all(
    slips.map(async ({ account, secret, uri, expiresAt }) => ({
      userName: account.userName,
      name: account.name ?? account.userName,
      secret,
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

async function peopleOf(core: Core, tenant: Tenant, options: SlipOptions): Promise<Account[]> {
  const population = populationOf(options.population);
  if (options.userName !== undefined)
    return [(await find(core, { ...options, userName: options.userName })).account];
  const all = await everyAccount(core, tenant, population, false);
  return all.filter(({ secondFactor }) => secondFactor.status === 'pending');
}

/** Opened before anything is made: a file that cannot be written must not cost anybody their set-up. */
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
    const tenant = await tenantOf(core, options.tenant);
    const people = await peopleOf(core, tenant, options);
    const file = reserve(options.out);
    const made: ActivationSlip[] = [];
    const refused: string[] = [];
    try {
      for (const person of people) {
        const slip = await core.administration.makeSlip(tenant, person, OPERATOR, options.reason);
        if ('refused' in slip) refused.push(slip.refused);
        else made.push(slip);
      }
      writeSync(file, await page(core, tenant, made));
    } finally {
      closeSync(file);
    }
    if (made.length === 0) {
      rmSync(options.out);
      throw new Refused(refused[0] ?? 'nobody has a set-up pending');
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
      'activation slips to print, for people who cannot scan a picture from the screen: each holds a new secret, shown once',
    )
    .requiredOption('--tenant <client-code>')
    .requiredOption('--population <population>', 'user or agent')
    .option('--user-name <name>', 'one person')
    .option('--all-pending', 'everybody whose second factor is to be set up')
    .requiredOption('--out <file>', 'an HTML file, made for its owner alone')
    .option('--reason <reason>', 'for the record', '')
    .action(slips);
}

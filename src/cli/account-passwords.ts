import type { Command } from 'commander';
import { permissions, type Role, roles } from '../accounts/index.ts';
import type { PasswordOutcome } from '../administration/index.ts';
import type { Core } from '../core.ts';
import type { StrengthProblem } from '../passwords/index.ts';
import { isTotpSecret } from '../second-factor/index.ts';
import { find, type Named, named, OPERATOR, permissionOf, populationOf, shown } from './account-support.ts';
import { readSecrets } from './input.ts';
import { collect, print, Refused, tenantOf, withCore } from './terminal.ts';

interface Setting extends Named {
  passwordStdin?: boolean;
  permanent?: boolean;
}

function sentence(problem: StrengthProblem): string {
  switch (problem.rule) {
    case 'too-short':
      return `it has fewer than ${problem.minimum} characters`;
    case 'too-long':
      return `it has more than ${problem.maximum} characters`;
    case 'no-digit':
      return 'it has no digit';
    case 'no-letter':
      return 'it has no letter';
    case 'no-special':
      return 'it has no special character';
    case 'control-character':
      return 'it holds a control character';
    case 'blocked':
      return 'it is a common password, or one that has been in a breach';
    case 'personal':
      return 'it holds part of the name, user name, e-mail address or client code';
    case 'reused':
      return `it is one of the last ${problem.historyCount} passwords`;
  }
}

type Done = Exclude<PasswordOutcome, { refused: string } | { problems: StrengthProblem[] }>;

/** @throws Refused with every rule that the password breaks */
function done(outcome: PasswordOutcome): Done {
  if ('refused' in outcome) throw new Refused(outcome.refused);
  if ('problems' in outcome)
    throw new Refused(`the password cannot be used: ${outcome.problems.map(sentence).join('; ')}`);
  return outcome;
}

/** What is told once, and never again: a made password, or the link under which the person sets one. */
function secretOf(core: Core, outcome: Done): { value: object; lines: string[] } {
  if ('token' in outcome) {
    if (outcome.isMailed)
      return {
        value: { mailed: true },
        lines: [`A link to set the password is on its way to ${outcome.account.email}.`],
      };
    const link = `${core.settings.issuer}/recover/set?token=${outcome.token}`;
    return { value: { link }, lines: [`Link to set the password, for 72 hours, shown once: ${link}`] };
  }
  if (outcome.made === undefined) return { value: {}, lines: [] };
  const what = outcome.isTemporary ? 'Temporary password' : 'Password';
  return { value: { password: outcome.made }, lines: [`${what}, shown once: ${outcome.made}`] };
}

type CreateOptions = Setting & {
  email?: string;
  name?: string;
  role: string;
  permission: string[];
  totpSecretStdin?: boolean;
};

async function create(options: CreateOptions, command: Command): Promise<void> {
  if (!(roles as readonly string[]).includes(options.role))
    throw new Refused(`the role is one of ${roles.join(', ')}`);
  const { userName, email, name } = options;
  const population = populationOf(options.population);
  const secrets = await readSecrets(command, [
    ...(options.passwordStdin ? ['--password-stdin'] : []),
    ...(options.totpSecretStdin ? ['--totp-secret-stdin'] : []),
  ]);
  const typed = options.passwordStdin ? secrets.shift() : undefined;
  const totp = options.totpSecretStdin ? secrets.shift() : undefined;
  await withCore(command, async (core) => {
    const tenant = await tenantOf(core, options.tenant);
    if (totp !== undefined && !isTotpSecret(totp))
      throw new Refused('the secret must be base32 of at least 128 bits');
    const role = options.role as Role;
    const isPermanent = options.permanent ?? false;
    const granted = options.permission.map(permissionOf);
    const person = { population, userName, name, email, role, permissions: granted, typed, isPermanent };
    const outcome = done(await core.administration.createAccount(tenant, person, OPERATOR));
    const { account } = outcome;
    if (totp !== undefined) await core.administration.bindKnownSecret(account, totp, OPERATOR);
    const { value, lines } = secretOf(core, outcome);
    print(command, { ...shown(account), ...value }, [
      `The ${population} ${account.userName} of ${tenant.clientCode} has number ${account.number}.`,
      ...lines,
    ]);
  });
}

export function addCreate(account: Command): void {
  named(account.command('create'))
    .option('--email <address>')
    .option('--name <name>', 'what the person is called')
    .option('--role <role>', roles.join(', '), 'Agent')
    .option('--permission <permission>', `${permissions.join(', ')}; may be given several times`, collect, [])
    .option('--password-stdin', 'read the password from standard input; otherwise one is made and printed')
    .option('--permanent', 'the password need not be changed at the next sign-in, whatever the policy')
    .option('--totp-secret-stdin', 'read a base32 secret from standard input; the factor is active at once')
    .action(create);
}

export function addSetPassword(account: Command): void {
  named(account.command('set-password'))
    .option('--password-stdin', 'read the password from standard input; otherwise one is made and printed')
    .option('--permanent', 'the password need not be changed at the next sign-in, whatever the policy')
    .action(async (options: Setting, command: Command) => {
      const [typed] = await readSecrets(command, options.passwordStdin ? ['--password-stdin'] : []);
      await withCore(command, async (core) => {
        const { tenant, account: found } = await find(core, options);
        const choice = { typed, isPermanent: options.permanent ?? false };
        const outcome = done(await core.administration.setPassword(tenant, found, choice, OPERATOR));
        const { value, lines } = secretOf(core, outcome);
        const isSet = !('token' in outcome);
        print(command, value, [
          ...(isSet ? [`The password of ${found.userName} is set; sessions and tokens have ended.`] : []),
          ...lines,
        ]);
      });
    });
  named(account.command('compromised'))
    .description(
      'somebody else may know the password: end everything, and have it changed at the next sign-in',
    )
    .option('--reason <reason>', 'for the record', '')
    .action(async (options: Named & { reason: string }, command: Command) => {
      await withCore(command, async (core) => {
        const { account: found } = await find(core, options);
        await core.administration.markCompromised(found, OPERATOR, options.reason);
        print(command, { mustChange: true }, [
          `${found.userName} must change the password at the next sign-in; sessions and tokens have ended.`,
        ]);
      });
    });
}

import type { Command } from 'commander';
import { type Account, type Population, type Role, roles } from '../accounts/index.ts';
import { newSecret } from '../base/index.ts';
import type { Core } from '../core.ts';
import type { StrengthProblem } from '../passwords/index.ts';
import { mustHaveFactor } from '../second-factor/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { ACTOR, find, type Named, named, populationOf, shown } from './account-support.ts';
import { print, Refused, readSecrets, tenantOf, withCore } from './terminal.ts';

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
    case 'reused':
      return `it is one of the last ${problem.historyCount} passwords`;
  }
}

/** The typed password, held to the policy, or a random one that is printed once. */
async function choose(
  core: Core,
  tenant: Tenant,
  account: Account | undefined,
  population: Population,
  typed: string | undefined,
) {
  const password = typed ?? `${newSecret().slice(0, 16)}-7a`;
  const subject = account ?? { population, secondFactor: { status: 'none' as const, authenticators: [] } };
  const problems = await core.passwords.problems(
    account,
    password,
    tenant.policy,
    mustHaveFactor(subject, tenant.policy),
  );
  if (problems.length > 0)
    throw new Refused(`the password cannot be used: ${problems.map(sentence).join('; ')}`);
  return { password, isMade: typed === undefined };
}

export function addCreate(account: Command): void {
  named(account.command('create'))
    .option('--email <address>')
    .option('--role <role>', roles.join(', '), 'Agent')
    .option('--password-stdin', 'read the password from standard input; otherwise one is made and printed')
    .option('--permanent', 'the password need not be changed at the next sign-in')
    .option('--totp-secret-stdin', 'read a base32 secret from standard input; the factor is active at once')
    .action(
      async (
        options: Setting & { email?: string; role: string; totpSecretStdin?: boolean },
        command: Command,
      ) => {
        if (!(roles as readonly string[]).includes(options.role))
          throw new Refused(`the role is one of ${roles.join(', ')}`);
        const population = populationOf(options.population);
        const secrets = await readSecrets(
          Number(options.passwordStdin ?? false) + Number(options.totpSecretStdin ?? false),
        );
        const typed = options.passwordStdin ? secrets.shift() : undefined;
        const totp = options.totpSecretStdin ? secrets.shift() : undefined;
        await withCore(command, async (core) => {
          const tenant = await tenantOf(core, options.tenant);
          const { password, isMade } = await choose(core, tenant, undefined, population, typed);
          if (totp !== undefined && !core.secondFactor.isSecret(totp))
            throw new Refused('the secret must be base32 of at least 128 bits');
          const record = await core.passwords.make(password, tenant.policy, !options.permanent);
          const { userName, email } = options;
          const created = await core.accounts.create({
            tenantId: tenant.id,
            population,
            userName,
            email,
            role: options.role as Role,
            password: record,
          });
          if ('refused' in created) throw new Refused(created.refused);
          if (totp !== undefined) await core.secondFactor.bindKnown(created.id, totp);
          await core.audit.write({
            type: 'account.created',
            outcome: 'success',
            actor: ACTOR,
            tenantId: tenant.id,
            accountId: created.id,
          });
          print(command, { ...shown(created), ...(isMade ? { password } : {}) }, [
            `The ${population} ${created.userName} of ${tenant.clientCode} has number ${created.number}.`,
            ...(isMade
              ? [`${options.permanent ? 'Password' : 'Temporary password'}, shown once: ${password}`]
              : []),
          ]);
        });
      },
    );
}

export function addSetPassword(account: Command): void {
  named(account.command('set-password'))
    .option('--password-stdin', 'read the password from standard input; otherwise one is made and printed')
    .option('--permanent', 'the password need not be changed at the next sign-in')
    .action(async (options: Setting, command: Command) => {
      const [typed] = await readSecrets(options.passwordStdin ? 1 : 0);
      await withCore(command, async (core) => {
        const { tenant, account: found } = await find(core, options);
        const { password, isMade } = await choose(core, tenant, found, found.population, typed);
        const record = await core.passwords.make(password, tenant.policy, !options.permanent);
        const context = { actor: ACTOR, reason: options.permanent ? 'permanent' : 'temporary' };
        await core.sessions.credentialEvent({
          accountId: found.id,
          kind: 'password-set',
          change: (current) => core.passwords.withPassword(current, record),
          context,
        });
        await core.audit.write({
          type: 'password.set',
          outcome: 'success',
          tenantId: tenant.id,
          accountId: found.id,
          ...context,
        });
        print(command, isMade ? { password } : {}, [
          `The password of ${found.userName} is set; sessions and tokens have ended.`,
          ...(isMade
            ? [`${options.permanent ? 'Password' : 'Temporary password'}, shown once: ${password}`]
            : []),
        ]);
      });
    });
}

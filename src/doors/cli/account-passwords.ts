import type { Command } from 'commander';
import { grantable, type Permission, type Role, roles } from '../../capabilities/accounts/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { readSecrets } from './input.ts';
import { accountAt, commandOf, type Named, perform, populationOf } from './operations.ts';
import { collect, print, withCore } from './terminal.ts';

const { account: of } = operations;

interface Setting extends Named {
  passwordStdin?: boolean;
  permanent?: boolean;
}

/** What is told once, and never again: a made password, or the link under which the person sets one. */
interface ShownOnce {
  madePassword?: string | undefined;
  temporary?: boolean | undefined;
  link?: string | null | undefined;
  mailed?: boolean | undefined;
}

function secretOf({ madePassword, temporary, link, mailed }: ShownOnce): { value: object; lines: string[] } {
  if (mailed) return { value: { mailed }, lines: ['A link to set the password is on its way by mail.'] };
  if (link)
    return { value: { link }, lines: [`Link to set the password, for 72 hours, shown once: ${link}`] };
  if (madePassword === undefined) return { value: {}, lines: [] };
  const what = temporary ? 'Temporary password' : 'Password';
  return { value: { password: madePassword }, lines: [`${what}, shown once: ${madePassword}`] };
}

type CreateOptions = Setting & {
  email?: string;
  name?: string;
  role: string;
  permission: string[];
  totpSecretStdin?: boolean;
};

async function create(options: CreateOptions, command: Command): Promise<void> {
  const { userName, email, name } = options;
  const population = populationOf(options.population);
  const secrets = await readSecrets(command, [
    ...(options.passwordStdin ? ['--password-stdin'] : []),
    ...(options.totpSecretStdin ? ['--totp-secret-stdin'] : []),
  ]);
  const password = options.passwordStdin ? secrets.shift() : undefined;
  const totpSecret = options.totpSecretStdin ? secrets.shift() : undefined;
  await withCore(command, async (core) => {
    const input = {
      population,
      userName,
      name,
      email,
      // What is no role or permission is refused by the operation, by name.
      role: options.role as Role,
      permissions: options.permission as Permission[],
      password,
      totpSecret,
      permanent: options.permanent ?? false,
    };
    const { madePassword, temporary, link, mailed, ...account } = await perform(
      core,
      of.create,
      { tenant: options.tenant },
      input,
    );
    const { value, lines } = secretOf({ madePassword, temporary, link, mailed });
    print(command, { ...account, ...value }, [
      `The ${population} ${account.userName} of ${options.tenant} has number ${account.number}.`,
      ...lines,
    ]);
  });
}

export function addCreate(account: Command): void {
  commandOf(account, of.create)
    .requiredOption('--population <population>', 'user or agent')
    .requiredOption('--user-name <name>', 'what the person types')
    .option('--email <address>')
    .option('--name <name>', 'what the person is called')
    .option('--role <role>', roles.join(', '), 'Agent')
    .option('--permission <permission>', `${grantable.join(', ')}; may be given several times`, collect, [])
    .option('--password-stdin', 'read the password from standard input; otherwise one is made and printed')
    .option('--permanent', 'no change is needed at the next sign-in, even if the policy requires one')
    .option('--totp-secret-stdin', 'read a base32 secret from standard input; the factor is active at once')
    .action(create);
}

async function setPassword(options: Setting & { reason: string }, command: Command): Promise<void> {
  const [password] = await readSecrets(command, options.passwordStdin ? ['--password-stdin'] : []);
  await withCore(command, async (core) => {
    const { permanent = false, reason, userName } = options;
    const input = { password, permanent, reason };
    const outcome = await perform(core, of.setPassword, accountAt(options), input);
    const { value, lines } = secretOf(outcome);
    const isSet = outcome.mailed === undefined;
    print(command, value, [
      ...(isSet ? [`The password of ${userName} is set; sessions and tokens have ended.`] : []),
      ...lines,
    ]);
  });
}

export function addSetPassword(account: Command): void {
  commandOf(account, of.setPassword)
    .option('--password-stdin', 'read the password from standard input; otherwise one is made and printed')
    .option('--permanent', 'no change is needed at the next sign-in, even if the policy requires one')
    .action(setPassword);
  commandOf(account, of.compromised).action(async (options: Named & { reason: string }, command: Command) => {
    await withCore(command, async (core) => {
      const { reason, userName } = options;
      await perform(core, of.compromised, accountAt(options), { reason });
      print(command, { mustChange: true }, [
        `${userName} must change the password at the next sign-in; sessions and tokens have ended.`,
      ]);
    });
  });
}

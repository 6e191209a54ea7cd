// cli: the commands. They work on the stores directly, beside a running server, which notices within a second.
// Not here: rules. A command says what a capability answered, and exits 0, 1 (refused, one line says why) or 2 (usage).
import { Command, CommanderError } from 'commander';
import { isSallyportError } from '../base/index.ts';
import { SettingsMistakes } from '../settings/index.ts';
import { addAccountCommands } from './account.ts';
import { addApplicationCommands } from './application.ts';
import { addKeyCommands } from './keys.ts';
import { addPolicyCommands } from './policy.ts';
import { addRoleCommands } from './role.ts';
import { addServerCommands } from './server.ts';
import { addTenantCommands } from './tenant.ts';
import { Refused } from './terminal.ts';
import { addTokenCommands } from './token.ts';

const USAGE = 2;
const REFUSED = 1;

/** What a person reads of an error: one line, or the list of settings that are wrong. */
function sentence(error: unknown): string {
  if (error instanceof Refused || error instanceof SettingsMistakes) return error.message;
  if (isSallyportError(error)) return error.detail ?? error.publicMessage;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `the port is in use: ${message}`;
  return message ?? String(error);
}

/** Runs one command line without the program's name. @returns the exit status */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('sallyport')
    .description('An OpenID Connect identity provider for contact centres.')
    .option('--config <file>', 'settings file (YAML)')
    .option('--json', 'print JSON')
    .exitOverride()
    .showHelpAfterError('(--help shows what the command takes)');
  addServerCommands(program);
  addTenantCommands(program);
  addPolicyCommands(program);
  addAccountCommands(program);
  addApplicationCommands(program);
  addRoleCommands(program);
  addTokenCommands(program);
  addKeyCommands(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    process.stderr.write(`sallyport: ${sentence(error)}\n`);
    return REFUSED;
  }
}

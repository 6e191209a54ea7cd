// cli: the commands. They work on the stores directly, beside a running server, which notices within a second.
// Not here: rules. A command says what a capability answered, and exits 0, 1 (refused, one line says why) or 2 (usage).
import { CommanderError } from 'commander';
import { isSallyportError } from '../../foundation/base/index.ts';
import { SettingsMistakes } from '../../foundation/settings/index.ts';
import { addAccountCommands } from './account.ts';
import { addApplicationCommands } from './application.ts';
import { addAuditCommands } from './audit.ts';
import { addComplianceCommands } from './compliance.ts';
import { addKeyCommands } from './keys.ts';
import { addOperationCommands } from './operation.ts';
import { addPolicyCommands } from './policy.ts';
import { addRoleCommands } from './role.ts';
import { addServerCommands } from './server.ts';
import { addStatisticsCommands } from './statistics.ts';
import { addTenantCommands } from './tenant.ts';
import { Program, processTerminal, sayOnErrors, type Terminal } from './terminal.ts';
import { addTokenCommands } from './token.ts';
import { addWebhookCommands } from './webhook.ts';

const USAGE = 2;
const REFUSED = 1;

/** What a person reads of an error: one line, or the list of settings that are wrong. */
function sentence(error: unknown): string {
  if (error instanceof SettingsMistakes) return error.message;
  return oneLine(isSallyportError(error) ? (error.detail ?? error.publicMessage) : messageOf(error));
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*[\r\n]\s*/g, ' ');
}

function messageOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `the port is in use: ${message}`;
  return message ?? String(error);
}

/** Every command there is, at a terminal. */
export function commandsAt(terminal: Terminal): Program {
  const program = new Program(terminal)
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
  addWebhookCommands(program);
  addAuditCommands(program);
  addStatisticsCommands(program);
  addComplianceCommands(program);
  addKeyCommands(program);
  addOperationCommands(program);
  return program;
}

/** Runs one command line without the program's name, at the terminal of the process or another. @returns the exit status */
export async function run(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const program = commandsAt(terminal);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    sayOnErrors(program, `sallyport: ${sentence(error)}`);
    return REFUSED;
  }
}

import type { Command } from 'commander';
import { rfc3339 } from '../../foundation/base/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { accountAt, commandOf, type Named, perform } from './operations.ts';
import { columns, print, withCore } from './terminal.ts';

const { account: of } = operations;

type WithReason = Named & { reason: string };

const NEXT_TIME = 'sets up a second factor at the next sign-in';
const IS_OFF = {
  pending: (userName: string) =>
    `The second factor of ${userName} is off. The policy requires one: ${userName} ${NEXT_TIME}.`,
  none: (userName: string) => `The second factor of ${userName} is off.`,
};

/** The three operations that leave a second factor in some status. */
function addStatusCommands(account: Command): void {
  const commands = [
    { operation: of.enrol, says: (userName: string) => `${userName} ${NEXT_TIME}.` },
    {
      operation: of.resetFactor,
      says: (userName: string) => `${userName} ${NEXT_TIME}; sessions and trusted browsers have ended.`,
    },
    {
      operation: of.turnFactorOff,
      says: (userName: string, status: string) =>
        status === 'pending' ? IS_OFF.pending(userName) : IS_OFF.none(userName),
    },
  ];
  for (const { operation, says } of commands)
    commandOf(account, operation).action(async (options: WithReason, command: Command) => {
      await withCore(command, async (core) => {
        const { reason, userName } = options;
        const { secondFactor } = await perform(core, operation, accountAt(options), { reason });
        print(command, { secondFactor }, [says(userName, secondFactor)]);
      });
    });
}

function addLoginCode(account: Command): void {
  commandOf(account, of.makeLoginCode).action(async (options: WithReason, command: Command) => {
    await withCore(command, async (core) => {
      const { reason, userName } = options;
      const { code, expiresAt } = await perform(core, of.makeLoginCode, accountAt(options), { reason });
      const until = rfc3339(expiresAt);
      print(command, { code, expiresAt: until }, [
        `Login code of ${userName}, shown once, until ${until}: ${code}`,
      ]);
    });
  });
}

async function trustedBrowsers(options: WithReason & { end?: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { end: browser, reason } = options;
    const at = accountAt(options);
    if (browser !== undefined) {
      const { ended } = await perform(core, of.endTrust, at, { browser, reason });
      return print(command, { ended }, [`Trusted browsers that ended: ${ended}.`]);
    }
    const trusted = await perform(core, of.trustedBrowsers, at, {});
    const rows = trusted.trustedBrowsers.map((one) => ({
      id: one.id,
      since: rfc3339(one.beganAt),
      until: rfc3339(one.endsAt),
      address: one.address,
      browser: one.browser,
    }));
    const head = ['ID', 'SINCE', 'UNTIL', 'ADDRESS', 'BROWSER'];
    print(command, { trustedBrowsers: rows }, columns([head, ...rows.map((row) => Object.values(row))]));
  });
}

export function addFactorCommands(account: Command): void {
  addStatusCommands(account);
  addLoginCode(account);
  commandOf(account, of.trustedBrowsers)
    .option('--end <id>', 'end one of them by its id, or all')
    .option('--reason <reason>', 'for the record', '')
    .action(trustedBrowsers);
}

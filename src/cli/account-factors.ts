import type { Command } from 'commander';
import type { FactorStatus } from '../administration/index.ts';
import { rfc3339 } from '../base/index.ts';
import type { Core } from '../core.ts';
import { find, type Named, named, OPERATOR } from './account-support.ts';
import { columns, print, Refused, withCore } from './terminal.ts';

type WithReason = Named & { reason: string };
type Outcome = { status: FactorStatus } | { refused: string };
type Found = Awaited<ReturnType<typeof find>>;

/** A command on one account that leaves its second factor in some status. */
function addStatusCommand(
  account: Command,
  name: string,
  description: string,
  work: (core: Core, found: Found, reason: string) => Promise<Outcome>,
  says: (userName: string, status: FactorStatus) => string,
): void {
  named(account.command(name))
    .description(description)
    .option('--reason <reason>', 'for the record', '')
    .action(async (options: WithReason, command: Command) => {
      await withCore(command, async (core) => {
        const found = await find(core, options);
        const outcome = await work(core, found, options.reason);
        if ('refused' in outcome) throw new Refused(outcome.refused);
        const { status } = outcome;
        print(command, { secondFactor: status }, [says(found.account.userName, status)]);
      });
    });
}

const NEXT_TIME = 'sets up a second factor at the next sign-in';

function addLoginCode(account: Command): void {
  named(account.command('login-code'))
    .description('a one-time code in place of the second factor, shown once; a newer one voids it')
    .option('--reason <reason>', 'for the record; it must be given', '')
    .action(async (options: WithReason, command: Command) => {
      await withCore(command, async (core) => {
        const { tenant, account: found } = await find(core, options);
        const made = await core.administration.makeLoginCode(tenant, found, OPERATOR, options.reason);
        if ('refused' in made) throw new Refused(made.refused);
        print(command, { code: made.code, expiresAt: rfc3339(made.expiresAt) }, [
          `Login code of ${found.userName}, shown once, until ${rfc3339(made.expiresAt)}: ${made.code}`,
        ]);
      });
    });
}

type TrustOptions = WithReason & { end?: string };

async function trustedBrowsers(options: TrustOptions, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { tenant, account } = await find(core, options);
    if (options.end !== undefined) {
      const ended = await core.administration.endTrust(account, options.end, OPERATOR, options.reason);
      if (ended === 0) throw new Refused(`${account.userName} has no such trusted browser`);
      return print(command, { ended }, [`Trusted browsers that ended: ${ended}.`]);
    }
    const trusted = await core.administration.trustedBrowsersOf(tenant, account);
    const rows = trusted.map(({ id, beganAt, endsAt, address, browser }) => ({
      id,
      since: rfc3339(beganAt),
      until: rfc3339(endsAt),
      address,
      browser,
    }));
    const head = ['ID', 'SINCE', 'UNTIL', 'ADDRESS', 'BROWSER'];
    print(command, { trustedBrowsers: rows }, columns([head, ...rows.map((row) => Object.values(row))]));
  });
}

export function addFactorCommands(account: Command): void {
  addStatusCommand(
    account,
    'enrol',
    'the person sets up a second factor at the next sign-in',
    async (core, { tenant, account: found }, reason) => {
      const outcome = await core.administration.enrol(tenant, found, OPERATOR, reason);
      return 'status' in outcome && outcome.status === 'active'
        ? { refused: `${found.userName} has an active second factor already` }
        : outcome;
    },
    (userName) => `${userName} ${NEXT_TIME}.`,
  );
  addStatusCommand(
    account,
    'reset-factor',
    'revoke the second factor, end sessions and trusted browsers; it is set up again at the next sign-in',
    (core, { account: found }, reason) => core.administration.resetFactor(found, OPERATOR, reason),
    (userName) => `${userName} ${NEXT_TIME}; sessions and trusted browsers have ended.`,
  );
  addStatusCommand(
    account,
    'turn-off-factor',
    'end the second factor without a code of the person; where the policy requires one it is set up anew',
    (core, { tenant, account: found }, reason) =>
      core.administration.turnFactorOff(tenant, found, OPERATOR, reason),
    (userName, status) =>
      status === 'pending'
        ? `The second factor of ${userName} is off; as the policy requires one, it is set up anew at the next sign-in.`
        : `The second factor of ${userName} is off.`,
  );
  addLoginCode(account);
  named(account.command('trusted-browsers'))
    .description('the browsers in which the person need not give a code, or their end')
    .option('--end <id>', 'one of them by its id, or all')
    .option('--reason <reason>', 'for the record', '')
    .action(trustedBrowsers);
}

import type { Command } from 'commander';
import { rfc3339 } from '../base/index.ts';
import { find, type Named, named, OPERATOR } from './account-support.ts';
import { columns, print, Refused, withCore } from './terminal.ts';

interface SessionOptions extends Named {
  end?: string;
  reason: string;
}

async function sessions(options: SessionOptions, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { tenant, account } = await find(core, options);
    const { administration } = core;
    if (options.end === 'all') {
      const ended = await administration.endAllSessions(account, OPERATOR, options.reason);
      return print(command, { ended }, [
        `Everything that ${account.userName} was signed in with has ended.`,
        ...columns(Object.entries(ended).map(([name, count]) => [name, String(count)])),
      ]);
    }
    if (options.end !== undefined) {
      if (!(await administration.endSession(account, options.end, OPERATOR, options.reason)))
        throw new Refused(`${account.userName} has no such session`);
      return print(command, { ended: options.end }, ['The session has ended, with its tokens.']);
    }
    const live = await core.sessions.live(tenant, account);
    const rows = live.map(({ uid, token, signedInAt, usedAt, address, browser, applications }) => ({
      id: uid,
      since: rfc3339(signedInAt),
      lastUsed: rfc3339(usedAt),
      address,
      applications: token === null ? applications.join(' ') : `token ${token}`,
      browser,
    }));
    const head = ['ID', 'SINCE', 'LAST USED', 'ADDRESS', 'APPLICATIONS', 'BROWSER'];
    print(command, { sessions: rows }, columns([head, ...rows.map((row) => Object.values(row))]));
  });
}

export function addSessions(account: Command): void {
  named(account.command('sessions'))
    .description('where the person is signed in, or the end of it')
    .option('--end <id>', 'one session by its id, or all that the account is signed in with')
    .option('--reason <reason>', 'for the record', '')
    .action(sessions);
}

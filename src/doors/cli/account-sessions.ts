import type { Command } from 'commander';
import { rfc3339 } from '../../foundation/base/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { accountAt, commandOf, type Named, perform } from './operations.ts';
import { columns, print, withCore } from './terminal.ts';

const { account: of } = operations;

interface SessionOptions extends Named {
  end?: string;
  reason: string;
}

async function sessions(options: SessionOptions, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { end, reason, userName } = options;
    const at = accountAt(options);
    if (end === 'all') {
      const { ended } = await perform(core, of.endAllSessions, at, { reason });
      return print(command, { ended }, [
        `Everything that ${userName} was signed in with has ended.`,
        ...columns(Object.entries(ended).map(([name, count]) => [name, String(count)])),
      ]);
    }
    if (end !== undefined) {
      await perform(core, of.endSession, at, { session: end, reason });
      return print(command, { ended: end }, ['The session has ended, with its tokens.']);
    }
    const live = await perform(core, of.sessions, at, {});
    const rows = live.sessions.map(({ uid, token, signedInAt, usedAt, address, browser, applications }) => ({
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
  commandOf(account, of.sessions)
    .option('--end <id>', 'end one session by its id, or all that the account is signed in with')
    .option('--reason <reason>', 'for the record', '')
    .action(sessions);
}

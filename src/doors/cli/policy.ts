import type { Command } from 'commander';
import type { z } from 'zod';
import type { Population } from '../../capabilities/accounts/index.ts';
import {
  differences,
  loadPreset,
  policyPaths,
  presetNames,
  valueAt,
} from '../../capabilities/tenants/index.ts';
import type { Core } from '../../core/index.ts';
import { rfc3339 } from '../../foundation/base/index.ts';
import { operations, type PolicyPreview } from '../../use-cases/administration/index.ts';
import { commandOf, perform, startInBackground } from './operations.ts';
import {
  days,
  instant,
  populationsOf,
  type ToldDifference,
  told,
  type Wanted,
  wantedValues,
  written,
} from './policy-input.ts';
import { columns, counting, print, withCore } from './terminal.ts';

const { policy: of } = operations;

interface SetOptions extends Wanted {
  reason: string;
  revision?: string;
  at?: string;
  spreadDays?: string;
  deadline?: string;
  endSessions?: string;
  cancelScheduled?: boolean;
}

const EXPIRY = 'password.expireAfterDays';
const ADVICE =
  'Expiry changes: people should be told to sign out and in again; `--end-sessions user`, `agent` or `all` ends their sessions.';

type ChangeOutcome = z.output<typeof of.set.output>;

/** Says what a change came to, and what follows from it. */
function report(command: Command, outcome: ChangeOutcome, ended: readonly Population[]): void {
  const sessions = ended.map((population) => `All sessions of the population ${population} have ended.`);
  if (outcome.state === 'unchanged') {
    print(command, { changed: [], endedSessions: ended }, ['Nothing differs.', ...sessions]);
    return;
  }
  const { changed, revision, scheduledAt } = outcome;
  const advice = changed.some(({ path }) => path === EXPIRY) && ended.length === 0 ? [ADVICE] : [];
  const isLater = scheduledAt !== undefined;
  const head = isLater ? `Set for ${rfc3339(scheduledAt)}:` : `Revision ${revision} is in force:`;
  const value = isLater
    ? { scheduledAt: rfc3339(scheduledAt), changed }
    : { revision, changed, endedSessions: ended };
  print(command, { ...value, advice }, [head, ...told(changed), ...sessions, ...advice]);
}

async function cancelScheduled(core: Core, tenant: string, command: Command): Promise<void> {
  const { cancelled } = await perform(core, of.cancelScheduled, { tenant }, {});
  print(command, { cancelled }, [
    cancelled ? 'The scheduled change is taken back.' : 'Nothing was scheduled.',
  ]);
}

async function set(args: string[], options: SetOptions, command: Command): Promise<void> {
  const populations = populationsOf(options.endSessions);
  await withCore(command, async (core) => {
    const { tenant, reason } = options;
    if (options.cancelScheduled) return cancelScheduled(core, tenant, command);
    const { policy } = await perform(core, of.show, { tenant }, {});
    const outcome = await perform(
      core,
      of.set,
      { tenant },
      {
        values: wantedValues(core, policy, args, options),
        reason,
        revision: options.revision === undefined ? undefined : Number(options.revision),
        at: instant(core.clock.now(), '--at', options.at),
        spreadDays: days(options.spreadDays),
        deadline: instant(core.clock.now(), '--deadline', options.deadline),
      },
    );
    const ended = outcome.state === 'scheduled' ? [] : populations;
    for (const population of ended) await perform(core, of.endSessions, { tenant }, { population, reason });
    report(command, outcome, ended);
  });
}

function previewLines(changed: readonly ToldDifference[], table: PolicyPreview): string[] {
  const { accounts, signedIn, applications } = table;
  const rows = [
    ['accounts', `${accounts.user} users, ${accounts.agent} agents`],
    ['signed in now', `${signedIn.user} users, ${signedIn.agent} agents`],
    ['passwords that expire at once', String(table.expireNow)],
    ['of these signed in (asked at their next sign-in)', String(table.expiredAndSignedIn)],
    ['passwords that expire within 7 days', String(table.expireWithin7Days)],
    ['passwords no longer expired', String(table.noLongerExpired)],
    ['accounts that must set up a second factor', String(table.mustSetUpFactor)],
    ['API sessions that end', String(table.apiSessionsThatEnd)],
    ...Object.entries(applications).map(([id, n]) => [`live sessions of ${id}`, String(n)]),
  ];
  const advice = changed.some(({ path }) => path === EXPIRY) ? [ADVICE] : [];
  return [...told(changed), '', ...columns(rows), ...advice];
}

async function preview(
  args: string[],
  options: Wanted & { spreadDays?: string; background?: boolean },
  command: Command,
): Promise<void> {
  await withCore(command, async (core) => {
    const { tenant } = options;
    const { policy } = await perform(core, of.show, { tenant }, {});
    const input = {
      values: wantedValues(core, policy, args, options),
      spreadDays: days(options.spreadDays),
    };
    if (options.background) return startInBackground(command, core, of.preview, { tenant }, input);
    const { changed, preview: table } = await counting(command, (progress) =>
      perform(core, of.preview, { tenant }, input, progress),
    );
    print(command, { changed, preview: table }, previewLines(changed, table));
  });
}

async function show({ tenant: code }: Wanted, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const shown = await perform(core, of.show, { tenant: code }, {});
    const { clientCode, policy, revision, preset, scheduled, deadline, spread } = shown;
    const base = loadPreset(preset);
    const differing = new Set(base ? differences(base, policy).map(({ path }) => path) : []);
    const rows = policyPaths.map((path) => [
      path,
      written(valueAt(policy, path)),
      differing.has(path) && base ? `preset: ${written(valueAt(base, path))}` : '',
      policy.operatorOnly.includes(path) ? 'operator only' : '',
    ]);
    const plans = [
      ...(scheduled ? [`Scheduled for ${rfc3339(scheduled.at)}: ${JSON.stringify(scheduled.values)}`] : []),
      ...(deadline ? [`Duties act on running sessions from ${rfc3339(deadline)}`] : []),
      ...(spread ? [`Expiry is spread over ${spread.days} days from ${rfc3339(spread.from)}`] : []),
    ];
    const value = { version: 1, ...policy };
    print(
      command,
      {
        preset,
        revision,
        policy: value,
        differs: [...differing],
        scheduled,
        deadline: deadline === null ? null : rfc3339(deadline),
        spread,
      },
      [`${clientCode}  revision ${revision.n}, from the preset ${preset}`, ...columns(rows), ...plans],
    );
  });
}

async function history({ tenant: code }: Wanted, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { revisions: items } = await perform(core, of.history, { tenant: code }, {});
    const lines = items.flatMap(({ n, by, at, reason, changed }) => [
      `${n}  ${rfc3339(at)}  ${by}  ${reason}`,
      ...told(changed).map((line) => `     ${line}`),
    ]);
    print(command, { revisions: items }, lines);
  });
}

async function rollback(options: Wanted & { to: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { tenant, to } = options;
    report(command, await perform(core, of.rollback, { tenant }, { to: Number(to) }), []);
  });
}

export function addPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('the rules of a tenant, by path');
  commandOf(policy, of.show).action(show);
  commandOf(policy, of.set)
    .argument('[values...]', 'path=value, such as password.expireAfterDays=90 lockout.agent=3')
    .option('--file <file>', 'a whole policy (YAML)')
    .option('--preset <preset>', presetNames().join(', '))
    .option('--revision <n>', 'only if this revision is still the newest')
    .option('--at <time>', 'set it for later: a time (RFC 3339), or +12h, +3d')
    .option('--spread-days <n>', 'spread over days the passwords that would expire at once')
    .option('--deadline <time>', 'from when duties act on running sessions too, not only at the next sign-in')
    .option('--end-sessions <population>', 'user, agent or all: end their sessions with the change')
    .option('--cancel-scheduled', 'take back the change that was set for later')
    .action(set);
  commandOf(policy, of.preview)
    .argument('[values...]', 'as for set')
    .option('--file <file>', 'a whole policy (YAML)')
    .option('--preset <preset>', presetNames().join(', '))
    .option('--spread-days <n>', 'as for set')
    .action(preview);
  commandOf(policy, of.history).action(history);
  commandOf(policy, of.rollback).requiredOption('--to <n>', 'the revision').action(rollback);
}

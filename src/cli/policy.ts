import type { Command } from 'commander';
import type { Population } from '../accounts/index.ts';
import type { PolicyPreview } from '../administration/index.ts';
import { rfc3339 } from '../base/index.ts';
import {
  type ChangeOutcome,
  differences,
  loadPreset,
  type PolicyDifference,
  policyPaths,
  presetNames,
  valueAt,
  withValues,
} from '../tenants/index.ts';
import { OPERATOR } from './account-support.ts';
import {
  complete,
  days,
  instant,
  populationsOf,
  refuseMistakes,
  told,
  type Wanted,
  wantedValues,
  written,
} from './policy-input.ts';
import { columns, counting, print, Refused, tenantOf, withCore } from './terminal.ts';

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

/** @throws Refused unless the change was made or scheduled */
function report(command: Command, outcome: ChangeOutcome, ended: readonly Population[]): void {
  if ('mistakes' in outcome) refuseMistakes(outcome.mistakes);
  if ('refused' in outcome) throw new Refused(outcome.refused);
  if ('operatorOnly' in outcome)
    throw new Refused(`only the operator changes ${outcome.operatorOnly.join(', ')}`);
  if ('conflict' in outcome) {
    const { n, by, at } = outcome.conflict.revision;
    throw new Refused(`somebody else saved in between: revision ${n} by ${by} at ${rfc3339(at)} stands`);
  }
  const sessions = ended.map((population) => `All sessions of the population ${population} have ended.`);
  if ('unchanged' in outcome) {
    print(command, { changed: [], endedSessions: ended }, ['Nothing differs.', ...sessions]);
    return;
  }
  const { differences: changed } = outcome;
  const advice = changed.some(({ path }) => path === EXPIRY) && ended.length === 0 ? [ADVICE] : [];
  const head =
    'scheduled' in outcome
      ? `Set for ${rfc3339(outcome.scheduled.at)}:`
      : `Revision ${outcome.changed.revision.n} is in force:`;
  const value =
    'scheduled' in outcome
      ? { scheduledAt: rfc3339(outcome.scheduled.at), changed }
      : { revision: outcome.changed.revision.n, changed, endedSessions: ended };
  print(command, { ...value, advice }, [head, ...told(changed), ...sessions, ...advice]);
}

async function set(args: string[], options: SetOptions, command: Command): Promise<void> {
  const populations = populationsOf(options.endSessions);
  await withCore(command, async (core) => {
    const { administration } = core;
    const tenant = await tenantOf(core, options.tenant);
    if (options.cancelScheduled) {
      const wasThere = await administration.cancelScheduled(tenant, OPERATOR);
      return print(command, { cancelled: wasThere }, [
        wasThere ? 'The scheduled change is taken back.' : 'Nothing was scheduled.',
      ]);
    }
    const change = {
      values: wantedValues(tenant, args, options),
      reason: options.reason,
      expectedRevision: options.revision === undefined ? tenant.revision.n : Number(options.revision),
      rollout: {
        at: instant(core.clock.now(), '--at', options.at),
        spreadDays: days(options.spreadDays),
        deadline: instant(core.clock.now(), '--deadline', options.deadline),
      },
    };
    const outcome = await administration.changePolicy(tenant, change, OPERATOR);
    const isDone = 'changed' in outcome || 'unchanged' in outcome;
    const ended = isDone ? populations : [];
    for (const population of ended)
      await administration.endSessions(tenant, population, OPERATOR, options.reason);
    report(command, outcome, ended);
  });
}

function previewLines(changed: readonly PolicyDifference[], table: PolicyPreview): string[] {
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
  options: Wanted & { spreadDays?: string },
  command: Command,
): Promise<void> {
  await withCore(command, async (core) => {
    const tenant = await tenantOf(core, options.tenant);
    const after = complete(withValues(tenant.policy, wantedValues(tenant, args, options)));
    const table = await counting(command, (progress) =>
      core.administration.previewPolicy(tenant, after, days(options.spreadDays), progress),
    );
    const changed = differences(tenant.policy, after);
    print(command, { changed, preview: table }, previewLines(changed, table));
  });
}

async function show({ tenant: code }: Wanted, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const tenant = await tenantOf(core, code);
    const { policy, revision, preset, scheduled, deadline, spread } = tenant;
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
      ...(deadline ? [`Duties act on running sessions from ${rfc3339(deadline.at)}`] : []),
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
        deadline: deadline && rfc3339(deadline.at),
        spread,
      },
      [`${tenant.clientCode}  revision ${revision.n}, from the preset ${preset}`, ...columns(rows), ...plans],
    );
  });
}

async function history({ tenant: code }: Wanted, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const tenant = await tenantOf(core, code);
    const revisions = await core.tenants.history(tenant.id);
    const items = revisions.map(({ policy, ...head }, i) => {
      const before = revisions[i - 1]?.policy;
      return { ...head, changed: before ? differences(before, policy) : [] };
    });
    const lines = items.flatMap(({ n, by, at, reason, changed }) => [
      `${n}  ${rfc3339(at)}  ${by}  ${reason}`,
      ...told(changed).map((line) => `     ${line}`),
    ]);
    print(command, { revisions: items }, lines);
  });
}

async function rollback(options: Wanted & { to: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const tenant = await tenantOf(core, options.tenant);
    report(command, await core.administration.rollbackPolicy(tenant, Number(options.to), OPERATOR), []);
  });
}

export function addPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('the rules of a tenant, by path');
  const of = (name: string, description: string) =>
    policy.command(name).description(description).requiredOption('--tenant <client-code>');
  of('show', 'every value, and what differs from the preset').action(show);
  of('set', 'change values: path=value …')
    .argument('[values...]', 'such as password.expireAfterDays=90 lockout.agent=3')
    .option('--file <file>', 'a whole policy (YAML)')
    .option('--preset <preset>', presetNames().join(', '))
    .option('--reason <reason>', 'for the history', '')
    .option('--revision <n>', 'only if this revision is still the newest')
    .option('--at <time>', 'set it for later: a time (RFC 3339), or +12h, +3d')
    .option('--spread-days <n>', 'spread over days the passwords that would expire at once')
    .option('--deadline <time>', 'from when duties act on running sessions too, not only at the next sign-in')
    .option('--end-sessions <population>', 'user, agent or all: end their sessions with the change')
    .option('--cancel-scheduled', 'take back the change that was set for later')
    .action(set);
  of('preview', 'what a change would do to whom; nothing is changed')
    .argument('[values...]', 'as for set')
    .option('--file <file>', 'a whole policy (YAML)')
    .option('--preset <preset>', presetNames().join(', '))
    .option('--spread-days <n>', 'as for set')
    .action(preview);
  of('history', 'who changed what and when').action(history);
  of('rollback', 'make an earlier revision the newest one')
    .requiredOption('--to <n>', 'the revision')
    .action(rollback);
}

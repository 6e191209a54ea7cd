import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse } from 'yaml';
import type { Population } from '../accounts/index.ts';
import type { PolicyPreview } from '../administration/index.ts';
import { readInstant, rfc3339 } from '../base/index.ts';
import type { Core } from '../core.ts';
import {
  type ChangeOutcome,
  differences,
  loadPreset,
  type Policy,
  type PolicyDifference,
  type PolicyMistake,
  parsePolicy,
  policyPaths,
  presetNames,
  type Tenant,
  valueAt,
  withValues,
} from '../tenants/index.ts';
import { OPERATOR } from './account-support.ts';
import { columns, print, Refused, tenantOf, withCore } from './terminal.ts';

interface Wanted {
  tenant: string;
  file?: string;
  preset?: string;
}

interface SetOptions extends Wanted {
  reason: string;
  revision?: string;
  at?: string;
  spreadDays?: string;
  deadline?: string;
  endSessions?: string;
  cancelScheduled?: boolean;
}

const DAY = 86_400;
const RELATIVE = /^\+(\d+)([hd])$/;
const EXPIRY = 'password.expireAfterDays';
const ADVICE =
  'Expiry changes: people should be told to sign out and in again; `--end-sessions user`, `agent` or `all` ends their sessions.';

function written(value: unknown): string {
  return value === null ? 'off' : JSON.stringify(value);
}

function refuseMistakes(mistakes: readonly PolicyMistake[]): never {
  throw new Refused(
    `the policy cannot be used: ${mistakes.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
  );
}

/** `path=value` pairs; values are read as YAML, so that `off`, `true`, `[a, b]` and numbers are what they look like. */
function pairs(args: readonly string[]): Record<string, unknown> {
  const mistakes: PolicyMistake[] = [];
  const values: Record<string, unknown> = {};
  for (const arg of args) {
    const at = arg.indexOf('=');
    const path = at < 0 ? arg : arg.slice(0, at);
    if (at < 0) mistakes.push({ path, message: 'takes a value: path=value' });
    else values[path] = parse(arg.slice(at + 1));
  }
  if (mistakes.length > 0) refuseMistakes(mistakes);
  return values;
}

function complete(document: unknown): Policy {
  const parsed = parsePolicy(document);
  if ('mistakes' in parsed) refuseMistakes(parsed.mistakes);
  return parsed.policy;
}

/** The values that a command asks for: pairs, a whole document, or a preset. */
function wantedValues(
  tenant: Tenant,
  args: readonly string[],
  { file, preset }: Wanted,
): Record<string, unknown> {
  if (Number(args.length > 0) + Number(file !== undefined) + Number(preset !== undefined) !== 1)
    throw new Refused('give path=value pairs, or --file, or --preset');
  if (args.length > 0) return pairs(args);
  const whole = preset === undefined ? complete(parse(readFileSync(file ?? '', 'utf8'))) : loadPreset(preset);
  if (!whole) throw new Refused(`there is no preset ${preset}; there are ${presetNames().join(', ')}`);
  return Object.fromEntries(differences(tenant.policy, whole).map(({ path, after }) => [path, after]));
}

function instant(core: Core, option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit] = RELATIVE.exec(text) ?? [];
  const at = amount ? core.clock.now() + Number(amount) * (unit === 'd' ? DAY : DAY / 24) : readInstant(text);
  if (at === undefined)
    throw new Refused(`${option} takes a time such as 2030-01-31T06:00:00Z, or +12h or +3d`);
  return at;
}

function days(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 365)
    throw new Refused('--spread-days takes 1 to 365');
  return number;
}

function populationsOf(text: string | undefined): Population[] {
  if (text === undefined) return [];
  if (text === 'all') return ['user', 'agent'];
  if (text !== 'user' && text !== 'agent') throw new Refused('--end-sessions takes user, agent or all');
  return [text];
}

function told(changed: readonly PolicyDifference[]): string[] {
  return columns(changed.map((d) => [d.path, written(d.before), '->', written(d.after)]));
}

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
        at: instant(core, '--at', options.at),
        spreadDays: days(options.spreadDays),
        deadline: instant(core, '--deadline', options.deadline),
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
    const isTerminal = process.stderr.isTTY;
    const table = await core.administration.previewPolicy(
      tenant,
      after,
      days(options.spreadDays),
      (accounts) => {
        if (isTerminal) process.stderr.write(`\r${accounts} accounts`);
      },
    );
    if (isTerminal) process.stderr.write('\n');
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
      ...(deadline ? [`Duties act on running sessions from ${rfc3339(deadline)}`] : []),
      ...(spread ? [`Expiry is spread over ${spread.days} days from ${rfc3339(spread.from)}`] : []),
    ];
    const value = { version: 1, ...policy };
    print(
      command,
      { preset, revision, policy: value, differs: [...differing], scheduled, deadline, spread },
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

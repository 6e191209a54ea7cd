import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Population } from '../../capabilities/accounts/index.ts';
import {
  differences,
  loadPreset,
  type Policy,
  parsePolicy,
  policyValues,
  presetNames,
  writtenOut,
} from '../../capabilities/tenants/index.ts';
import type { Core } from '../../core/index.ts';
import { type Mistake, readInstant, refusalSentence, refuse, rfc3339 } from '../../foundation/base/index.ts';
import { textOf } from './input.ts';
import { columns, Refused } from './terminal.ts';

/** What a command may be told of a policy. */
export interface Wanted {
  tenant: string;
  file?: string;
  preset?: string;
}

const DAY = 86_400;
const HOUR = 3_600;
/** The end of the year 9999, after which RFC 3339 cannot write a time. */
const LAST = 253_402_300_799;
const RELATIVE = /^\+(\d{1,7})([hd])$/;

export function written(value: unknown): string {
  return value === null ? 'off' : JSON.stringify(value);
}

function refuseMistakes({ say }: Core, mistakes: readonly Mistake[]): never {
  throw new Refused(refusalSentence(say, refuse('policy_mistakes', { mistakes }).refused));
}

/** A value as YAML has it; as it stands where only that is a value of the path, such as a contact line with a colon. */
function readValue(path: string, text: string): unknown {
  const schema = policyValues.get(path);
  let value: unknown = text;
  try {
    value = writtenOut(path, parse(text));
  } catch {
    // No YAML: it stands for itself, and the schema says what is wrong with it.
  }
  const isTextAlone = !schema?.safeParse(value).success && schema?.safeParse(text).success;
  return isTextAlone ? text : value;
}

/** `path=value` pairs; values are read as YAML in the short ways too, so that `off`, `true`, `[a, b]` and numbers are what they look like. */
function pairs(core: Core, args: readonly string[]): Record<string, unknown> {
  const mistakes: Mistake[] = [];
  const values: Record<string, unknown> = {};
  for (const arg of args) {
    const at = arg.indexOf('=');
    const path = at < 0 ? arg : arg.slice(0, at);
    if (at < 0) mistakes.push({ path, message: 'takes a value: path=value' });
    else values[path] = readValue(path, arg.slice(at + 1));
  }
  if (mistakes.length > 0) refuseMistakes(core, mistakes);
  return values;
}

function complete(core: Core, document: unknown): Policy {
  const parsed = parsePolicy(writtenOut('', document));
  if ('mistakes' in parsed) refuseMistakes(core, parsed.mistakes);
  return parsed.policy;
}

/** The values that a command asks for: pairs, a whole document, or a preset. */
export function wantedValues(
  core: Core,
  current: Policy,
  args: readonly string[],
  { file, preset }: Wanted,
): Record<string, unknown> {
  if (Number(args.length > 0) + Number(file !== undefined) + Number(preset !== undefined) !== 1)
    throw new Refused('give path=value pairs, or --file, or --preset');
  if (args.length > 0) return pairs(core, args);
  const whole =
    preset === undefined
      ? complete(core, parse(textOf(readFileSync(file ?? ''), `the file ${file}`)))
      : loadPreset(preset);
  if (!whole) throw new Refused(`there is no preset ${preset}; there are ${presetNames().join(', ')}`);
  return Object.fromEntries(differences(current, whole).map(({ path, after }) => [path, after]));
}

/** The one reader of times on the command line: RFC 3339 with an offset, or so many hours or days from now. */
export function instant(now: number, option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit] = RELATIVE.exec(text) ?? [];
  const at = amount ? now + Number(amount) * (unit === 'd' ? DAY : HOUR) : readInstant(text);
  if (at === undefined || at > LAST)
    throw new Refused(
      `${option} takes a time with its offset, such as 2030-01-31T06:00:00Z or 2030-01-31T06:00:00+01:00, or +12h or +3d`,
    );
  if (at <= now)
    throw new Refused(
      `${option} takes a time to come, such as ${rfc3339(now + DAY)} or +3d; ${rfc3339(at)} is past`,
    );
  return at;
}

export function days(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 365)
    throw new Refused('--spread-days takes 1 to 365');
  return number;
}

export function populationsOf(text: string | undefined): Population[] {
  if (text === undefined) return [];
  if (text === 'all') return ['user', 'agent'];
  if (text !== 'user' && text !== 'agent') throw new Refused('--end-sessions takes user, agent or all');
  return [text];
}

/** A difference as an operation answers it. */
export interface ToldDifference {
  path: string;
  before?: unknown;
  after?: unknown;
}

export function told(changed: readonly ToldDifference[]): string[] {
  return columns(changed.map((d) => [d.path, written(d.before), '->', written(d.after)]));
}

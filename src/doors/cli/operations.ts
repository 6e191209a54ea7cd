import type { Command } from 'commander';
import { z } from 'zod';
import type { Core } from '../../core/index.ts';
import { refusalSentence } from '../../foundation/base/index.ts';
import { eachPage } from '../../foundation/stores/index.ts';
import {
  type AnyOperation,
  type Operation,
  operatorAs,
  type Places,
  type TargetKind,
} from '../../use-cases/administration/index.ts';
import { print, Refused } from './terminal.ts';

/** A shell on this machine runs the installation: it is the operator's. */
const OPERATOR = operatorAs('command-line');

/** The options that name what a command acts on. */
export interface Named {
  tenant: string;
  population: string;
  userName: string;
}

export function populationOf(text: string): 'user' | 'agent' {
  if (text !== 'user' && text !== 'agent') throw new Refused('the population is user or agent');
  return text;
}

/** The place of an account, from the options that name it. */
export function accountAt({ tenant, population, userName }: Named): Places['account'] {
  return { tenant, population: populationOf(population), userName };
}

/**
 * Performs an operation as the operator.
 * @throws Refused with the sentence of the refusal
 */
export async function perform<On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
  core: Core,
  operation: Operation<On, I, O>,
  at: Places[On],
  input: z.input<I>,
  progress?: (count: number) => void,
): Promise<z.output<O>> {
  const performed = await core.perform(operation, {
    at,
    input,
    actor: OPERATOR,
    ...(progress ? { progress } : {}),
  });
  if ('refused' in performed) throw new Refused(refusalSentence(core.say, performed.refused));
  return performed.output;
}

/** Starts a long operation as the operator, and says how to ask for it again. */
export async function startInBackground<On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
  command: Command,
  core: Core,
  operation: Operation<On, I, O>,
  at: Places[On],
  input: z.input<I>,
): Promise<void> {
  const started = await core.startOperation(operation, { at, input, actor: OPERATOR });
  if ('refused' in started) throw new Refused(refusalSentence(core.say, started.refused));
  const { operationId } = started;
  print(command, { operationId }, [
    `A running server carries it out. To see how far it is: operation show --id ${operationId}`,
  ]);
}

/** Every page of a list, in order. */
export async function everyPage<T>(
  read: (from: { after?: string }) => Promise<{ items: T[]; next?: string | undefined }>,
): Promise<T[]> {
  const items: T[] = [];
  for await (const page of eachPage(read)) items.push(...page);
  return items;
}

const TARGET_OPTIONS: Readonly<Record<TargetKind, readonly [string, string][]>> = {
  installation: [],
  // Each command says what it means without a tenant.
  area: [],
  tenant: [['--tenant <client-code>', 'the client code of the tenant']],
  account: [
    ['--tenant <client-code>', 'the client code of the tenant'],
    ['--population <population>', 'user or agent'],
    ['--user-name <name>', 'as the person types it'],
  ],
  application: [['--id <id>', 'the client_id']],
  operation: [['--id <id>', 'as it was printed when the operation was started']],
};

/** Of every command whose operation is long. */
export const BACKGROUND = [
  '--background',
  'only start it and print its id: a running server carries it out',
] as const;

/** Adds the command of an operation: its name, its summary, the options that name its target, and `--reason` where it takes one. */
export function commandOf(
  parent: Command,
  operation: Pick<AnyOperation, 'name' | 'summary' | 'on' | 'input' | 'isLong'>,
): Command {
  const [, name = operation.name] = operation.name.split(' ');
  const command = parent.command(name).description(operation.summary);
  for (const [flags, description] of TARGET_OPTIONS[operation.on]) command.requiredOption(flags, description);
  const takesReason = operation.input instanceof z.ZodObject && 'reason' in operation.input.shape;
  if (takesReason) command.option('--reason <reason>', 'for the record', '');
  if (operation.isLong) command.option(...BACKGROUND);
  return command;
}

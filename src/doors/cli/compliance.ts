import type { Command } from 'commander';
import type { z } from 'zod';
import { readInstant, rfc3339 } from '../../foundation/base/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { commandOf, perform } from './operations.ts';
import { columns, print, Refused, withCore } from './terminal.ts';

const { compliance: of } = operations;

type RuleId = z.output<typeof of.withdraw.output>['withdrawn'];

interface NamedRule {
  tenant: string;
  /** What is none is refused by the operation, by name. */
  rule: RuleId;
  reason: string;
}

async function report({ tenant }: { tenant: string }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { at, revision, rules } = await perform(core, of.report, { tenant }, {});
    const told = rules.map(({ exception, ...one }) => ({
      ...one,
      exception: exception && { ...exception, at: rfc3339(exception.at), until: rfc3339(exception.until) },
    }));
    const rows = told.map(({ rule, source, verdict, evidence, deviation, exception }) => [
      verdict,
      rule,
      source,
      Object.entries(evidence)
        .map(([name, value]) => `${name}: ${value}`)
        .join('; '),
      exception ? `${exception.reason} (until ${exception.until})` : (deviation ?? ''),
    ]);
    const head = ['VERDICT', 'RULE', 'SOURCE', 'EVIDENCE', 'DEVIATION OR EXCEPTION'];
    print(command, { at: rfc3339(at), revision, rules: told }, [
      `${rfc3339(at)}, policy revision ${revision}`,
      ...columns([head, ...rows]),
    ]);
  });
}

async function except(
  { tenant, rule, reason, until: text }: NamedRule & { until: string },
  command: Command,
): Promise<void> {
  const until = readInstant(text);
  if (until === undefined) throw new Refused('--until is a time such as 2026-12-31T23:59:59Z');
  await withCore(command, async (core) => {
    const made = await perform(core, of.except, { tenant }, { rule, reason, until });
    const shown = { ...made, until: rfc3339(made.until), at: rfc3339(made.at) };
    print(command, shown, [`${made.rule} is excepted until ${shown.until}.`]);
  });
}

async function withdraw({ tenant, rule, reason }: NamedRule, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { withdrawn } = await perform(core, of.withdraw, { tenant }, { rule, reason });
    print(command, { withdrawn }, [`The exception from ${withdrawn} is withdrawn.`]);
  });
}

export function addComplianceCommands(program: Command): void {
  const compliance = program
    .command('compliance')
    .description('a tenant held against rules in the manner of PCI DSS and NIST SP 800-63B');
  commandOf(compliance, of.report).action(report);
  commandOf(compliance, of.except)
    .requiredOption('--rule <rule>', 'as the report names it')
    .requiredOption('--until <time>', 'within a year, such as 2026-12-31T23:59:59Z')
    .action(except);
  commandOf(compliance, of.withdraw)
    .requiredOption('--rule <rule>', 'as the report names it')
    .action(withdraw);
}

import { stringify } from 'csv-stringify/sync';
import type { AuditEntry } from '../../../capabilities/audit/index.ts';
import { rfc3339 } from '../../../foundation/base/index.ts';

export const formats = ['csv', 'jsonl'] as const;
export type Format = (typeof formats)[number];

const COLUMNS = [
  'id',
  'at',
  'type',
  'outcome',
  'actor',
  'tenantId',
  'accountId',
  'applicationId',
  'address',
  'browser',
  'factor',
  'reason',
  'detail',
] as const;

/**
 * Entries as lines of a file, each with its end.
 * @param isFirst a table begins with the names of its columns
 */
export function linesOf(entries: readonly AuditEntry[], format: Format, isFirst: boolean): string {
  const told = entries.map(({ at, ...entry }) => ({ ...entry, at: rfc3339(at) }));
  if (format === 'jsonl') return told.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  const rows = told.map(({ detail, ...entry }) => ({ ...entry, detail: JSON.stringify(detail) }));
  // A browser names itself as it likes: what begins as a formula does would be run by a spreadsheet.
  return stringify(rows, { columns: [...COLUMNS], header: isFirst, escape_formulas: true });
}

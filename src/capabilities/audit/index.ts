// audit: what happened: who, what, whom, where, when, by what factor, with what outcome and why (AUD-1).
// Not here: deciding anything. An entry that cannot be written refuses what it would have recorded.
export {
  type Audit,
  type AuditEntry,
  type AuditEvent,
  createAudit,
  indexAudit,
} from './audit.ts';
export { type AuditKind, type AuditType, auditCatalogue } from './catalogue.ts';
export type { AuditFilter } from './reading.ts';

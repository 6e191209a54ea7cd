// stores: two ports and their adapters. Documents are durable; ephemeral state may be lost as a whole, never in part.
// Not here: what the records mean. Rooms keep their own small stores on top; no driver leaks through.
export { type Changed, changeUntilWon } from './change-until-won.ts';
export { type Condition, type ConditionalDocuments, ConditionFailed, withConditions } from './conditions.ts';
export { encodeCursor as cursorAfter } from './documents/fields.ts';
export { openMongodbDocuments } from './documents/mongodb.ts';
export type {
  Collection,
  CollectionSpec,
  Document,
  Documents,
  Page,
  PageQuery,
  Versioned,
} from './documents/port.ts';
export { openSqliteDocuments } from './documents/sqlite.ts';
export { eachPage } from './each-page.ts';
export type {
  AttemptCount,
  AttemptRule,
  Ephemeral,
  ExpiredRecord,
  Generation,
  Lease,
  MergeInput,
  Pace,
  RecordInput,
  Reservation,
  Settlement,
  StoredRecord,
} from './ephemeral/port.ts';
export { openRedisEphemeral } from './ephemeral/redis.ts';
export { openSqliteEphemeral } from './ephemeral/sqlite.ts';
export { rememberingTopics } from './ephemeral/topics.ts';
export {
  type Installation,
  isInstalled,
  isWorthWaiting,
  type Migration,
  type OpenedInstallation,
  openInstallation,
} from './installation.ts';
export { createNumbers, type NextNumber } from './numbers.ts';
export { type Patience, patienceFor } from './patience.ts';
export { isBusyFile } from './sqlite-connection.ts';
export { createTally, type Tally } from './tally.ts';

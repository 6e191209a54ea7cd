// long-operations: what outlives the caller who asked for it: the record of each, and the one way in which the queue runs it.
// Not here: what an operation does and who may ask for it or see it (administration), the queue (jobs).
export { type Asked, createLongOperations, type LongOperations, type Progress } from './long-operations.ts';
export type { LongOperation, Outcome } from './records.ts';

// administration: what administrators do, each thing declared once as an operation, and the one way in which operations are performed.
// Not here: the rules of what is changed (tenants, passwords, lockout, …), pages, commands and addresses: they are doors to this room.
export { type Actor, actorOf, FRESH_SECONDS, isFresh, machineOf, operatorAs } from './authority.ts';
export { createLongRuns } from './long/running.ts';
export type { AnyOperation, Operation, Perform, Performed, Places, Start, TargetKind } from './operation.ts';
export { allOperations, operations } from './operations.ts';
export type { AdministrationParts } from './parts.ts';
export { createPerform } from './perform.ts';
export { createScheduledChanges, POLICY_JOB } from './policy/changing.ts';
export { type PolicyPreview, previewChange } from './policy/preview.ts';
export { createSysAdmins, type SysAdmins } from './sysadmins.ts';
export { attemptInWords, stateInWords } from './why.ts';

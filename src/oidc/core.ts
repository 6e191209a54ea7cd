// What commands need of this room without loading the engine.
export { type Applications, createApplications } from './applications.ts';
export { dependents } from './records.ts';

// statistics: how much happened in a tenant on each day: sign-ins, failures by cause, locks, counted as they happen.
// Not here: what happened to whom (audit), how many accounts there are of a kind (accounts), metrics of a process.
export { createStatistics, type Statistics } from './statistics.ts';

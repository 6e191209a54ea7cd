// api-access: what programs sign in with and what they hold: API tokens of a tenant, the sessions begun with them, and how much they are used.
// Not here: proving who a person is (credentials), the addresses and answers (session-api).
export { createProgramSessions } from './listing.ts';
export type { ProgramRefusal } from './refusal.ts';
export { type ApiSession, type ApiSessions, createApiSessions } from './sessions.ts';
export { type ApiToken, type ApiTokens, createApiTokens } from './tokens.ts';
export { createUsage, type UsageCounter } from './usage.ts';

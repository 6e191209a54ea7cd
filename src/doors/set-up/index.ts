// set-up: the one-time link of the first start, and the first operator made with it (ADM-4).
// Not here: a default password. Until the link is used, no one can administer anything by page.

export { addSetUpRoutes } from './routes.ts';
export { createSetUp, type SetUp } from './set-up.ts';

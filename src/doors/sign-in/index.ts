// sign-in: the dispatcher: which step is next, the pages of the steps, and handing the proved sign-in to the engine, once.
// Not here: judging passwords and codes, counting failures, the protocol. Steps never call steps.
export { createAttempts } from './attempt.ts';
export { addSignInRoutes } from './routes.ts';

// recovery: a forgotten password: asking for a link, and setting a password under any link, also an administrator's.
// Not here: signing in, which a link never does; second factors, which it never removes; administrators who send links (administration).
export { createLinkSender, RECOVER_JOB } from './link-sender.ts';
export { addRecoveryRoutes, type RecoveryParts } from './routes.ts';

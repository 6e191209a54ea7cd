// session-api: the addresses through which programs sign in, in the form that contact centres' programs know.
// Not here: passwords, codes, limits and locks (credentials, lockout), tokens and the sessions themselves (api-sessions).
export { addSessionApiRoutes } from './routes.ts';

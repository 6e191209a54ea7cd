// self-service: a person's own pages below /account, and the links of a tenant that lead there.
// Not here: signing in (sign-in), the rules of what is changed (passwords, second-factor), administration.
export { addSelfServiceRoutes, type SelfServiceParts } from './routes.ts';

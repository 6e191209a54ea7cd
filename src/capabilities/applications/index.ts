// applications: the OAuth clients that are registered: their kinds, addresses and secrets, and the few that are built in.
// Not here: the protocol (oidc), what administrators do to them (administration).

export { ADMIN_SCOPE, mayAdminister } from './administering.ts';
export {
  type Application,
  type ApplicationKind,
  type Applications,
  createApplications,
  giveApplicationsTenants,
} from './applications.ts';
export { builtInCode, builtInId, SIGNED_IN_PATH } from './built-in.ts';
export { logoutUriProblem, webOrigin } from './redirect-uris.ts';

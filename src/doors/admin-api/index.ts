// admin-api: the operations over HTTP under `/api/v1`: addresses, callers, forms of input and output, the OpenAPI document.
// Not here: what an operation does and who may do it (administration), how tokens are made (oidc).
export { openApi } from './openapi.ts';
export { type AdminApiParts, addAdminApiRoutes } from './routes.ts';

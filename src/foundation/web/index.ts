// web: the Koa pieces every door shares: the route registry with its guards, the pinned origin, headers, bodies, pages, errors.
// Not here: what any page is about. The rooms bring their routes; this room makes sure none comes without its guards.

export type { Area, ErrorForm } from './areas.ts';
export { createAssets } from './assets.ts';
export { isBegunHere, markHere } from './begun-here.ts';
export { formFields } from './body.ts';
export { type BrowserCookies, createBrowserCookies } from './browser-cookies.ts';
export { browserName } from './browser-name.ts';
export { isClientGone } from './client-gone.ts';
export type { Cors } from './cors.ts';
export type { DeclaredRoute } from './declarations.ts';
export { clientAddress, type EdgeOptions, edge, visitorOf, type WebContext, type WebState } from './edge.ts';
export { errorRenderer } from './error-page.ts';
export { createFlash } from './flash.ts';
export type { Admit, RouteDeclaration } from './guarded-route.ts';
export { type Guards, guardNames, on, publicReading, waived } from './guards.ts';
export { securityHeaders } from './headers.ts';
export { addHealthRoutes, createHealth, type Health } from './health.ts';
export { createInternalServer } from './internal.ts';
export { type JsonRules, readJson } from './json.ts';
export { observeRequests } from './observe.ts';
export { createPages, type Pages } from './pages.ts';
export { addProblemPages } from './problem-pages.ts';
export { createProblems, type Problem, type Problems, pointerTo } from './problems.ts';
export { qrCode } from './qr-code.ts';
export { createRegistry, type Registry, type RouteHandler } from './registry.ts';
export { createGuardedServer, listening } from './server.ts';
export { createSubmissions, type Submissions } from './submissions.ts';
export { sendTextFile } from './text-file.ts';

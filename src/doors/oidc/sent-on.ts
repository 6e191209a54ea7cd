import type { Context, Middleware } from 'koa';
import Provider, { type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { Applications } from '../../capabilities/applications/index.ts';
import type { Pages } from '../../foundation/web/index.ts';
import { enginePaths } from './configuration.ts';

/** Where a form confirms that the session of this browser ends. */
export const signOutConfirmation = `${enginePaths.end_session}/confirm`;

/** What the engine keeps in the session to know the form that it asked for. */
export function signOutSecret(ctx: KoaContextWithOIDC): unknown {
  return ctx.oidc.session?.state?.secret;
}

export interface SentOnParts {
  pages: Pages;
  applications: Applications;
}

interface SentOn {
  /** Of the page, and of its sentences. */
  step: 'application' | 'change' | 'signOut';
  action: string;
  fields: Readonly<Record<string, unknown>>;
  application?: string | undefined;
}

/** A page whose form passes something on: by itself, or by its button where there are no scripts. */
function renderSentOn(pages: Pages, ctx: Context, { step, ...page }: SentOn, status: number): void {
  const title = `sendOn.${step}.title`;
  pages.render(ctx, 'sign-in/send-on', { ...page, step, title, lead: `sendOn.${step}.lead` }, status);
}

const answeredByForm = new WeakSet<object>();

/** Whether the application got its answer by a form, which is a page like any other to what looks at its status. */
export function isAnsweredByForm(ctx: object): boolean {
  return answeredByForm.has(ctx);
}

type ResponseMode = Parameters<Provider['registerResponseMode']>[1];

function answerByForm({ pages, applications }: SentOnParts): ResponseMode {
  return async (ctx, action, answer) => {
    const application = ctx.oidc.client && (await applications.byId(ctx.oidc.client.clientId));
    // As the engine does: a fault of ours is told as one, and a refusal as the application's error.
    const status = ctx.status === 500 ? 500 : 'error' in answer ? 400 : 200;
    answeredByForm.add(ctx);
    const fields = answer as SentOn['fields'];
    renderSentOn(pages, ctx, { step: 'application', action, fields, application: application?.name }, status);
  };
}

/** The engine, which answers by `form_post` with a page of ours: it registers its own while it is constructed, and keeps the first. */
export function createProvider(issuer: string, configuration: Configuration, parts: SentOnParts): Provider {
  const ours = answerByForm(parts);
  class OurProvider extends Provider {
    override registerResponseMode(name: string, theirs: ResponseMode): void {
      super.registerResponseMode(name, name === 'form_post' ? ours : theirs);
    }
  }
  return new OurProvider(issuer, configuration);
}

/** Which form the engine has just answered with, to end the session of this browser. */
function signOutForm(ctx: KoaContextWithOIDC): 'change' | 'signOut' | undefined {
  if (!ctx.oidc || ctx.status !== 200) return undefined;
  const { route, session, entities } = ctx.oidc;
  if (route === 'end_session') return session?.accountId ? undefined : 'signOut';
  const login = route === 'resume' ? entities.Interaction?.result?.login : undefined;
  return login && session?.accountId && session.accountId !== login.accountId ? 'change' : undefined;
}

/** The two forms that the engine writes by itself, as pages of ours, without the script that it allows for them. */
export function signOutForms({ pages }: SentOnParts): Middleware {
  return async (ctx, next) => {
    const policy = ctx.response.get('content-security-policy');
    await next();
    const engine = ctx as unknown as KoaContextWithOIDC;
    const step = signOutForm(engine);
    if (!step) return;
    ctx.set('content-security-policy', policy);
    const fields = { xsrf: signOutSecret(engine), logout: 'yes' };
    renderSentOn(pages, ctx, { step, action: signOutConfirmation, fields }, 200);
  };
}

import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Applications } from '../../capabilities/applications/index.ts';
import type { Pages } from '../../foundation/web/index.ts';
import type { ConfigurationParts } from './configuration.ts';
import { signOutConfirmation, signOutSecret } from './sent-on.ts';

/** Only what we can say in a sentence; the rest of the engine's texts are for developers. */
const KNOWN = new Set([
  'invalid_client',
  'invalid_redirect_uri',
  'invalid_request',
  'temporarily_unavailable',
]);

/** The engine's pages in our layout: errors that cannot go back to an application, and signing out. */
export function enginePages({
  pages,
  applications,
}: {
  pages: Pages;
  applications: Applications;
}): ConfigurationParts['pages'] {
  return {
    renderError: async (ctx, out) => {
      const code = out.error;
      const key = KNOWN.has(code) ? code : 'internal';
      const expired = /session|interaction/.test(out.error_description ?? '') && code === 'invalid_request';
      pages.render(
        ctx,
        'error',
        {
          title: expired ? 'error.interaction_expired.title' : `error.${key}.title`,
          code,
          message: expired
            ? pages.say('error.interaction_expired.message')
            : (out.error_description ?? pages.say('error.internal.message')),
          step: expired ? 'expired-link' : 'error',
          requestId: (ctx.state as { requestId?: string }).requestId,
        },
        ctx.status,
      );
    },
    logout: async (ctx) => {
      const clientId = ctx.oidc.client?.clientId;
      const application = clientId ? await applications.byId(clientId) : undefined;
      pages.render(ctx, 'sign-in/logout', {
        title: 'logout.title',
        xsrf: signOutSecret(ctx),
        action: signOutConfirmation,
        application: application?.name,
      });
    },
    loggedOut: async (ctx: KoaContextWithOIDC) => {
      // The engine leads here too where the person chose to stay, and for them the page must not say otherwise.
      const { accountId } = await ctx.oidc.provider.Session.get(ctx);
      const said = accountId ? 'loggedOut.stays' : 'loggedOut.ended';
      pages.render(ctx, 'sign-in/logged-out', { title: `${said}.title`, lead: `${said}.lead` });
    },
  };
}

import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Audit, AuditEvent } from '../../capabilities/audit/index.ts';
import { isSallyportError, type Log } from '../../foundation/base/index.ts';
import { isClientGone } from '../../foundation/web/index.ts';

const REUSE = /already (consumed|used)/;

/** What the engine tells while it works: reasons to the log, what matters to the audit. */
export function listen(provider: Provider, { audit, log }: { audit: Audit; log: Log }): void {
  const record = (event: AuditEvent) => {
    audit
      .write(event)
      .catch((error: Error) =>
        log.error({ error: error.message, type: event.type }, 'an audit entry was not written'),
      );
  };
  const where = (ctx: KoaContextWithOIDC) => ({
    address: (ctx.state as { address?: string }).address ?? '',
    browser: ctx.get('user-agent'),
    applicationId: ctx.oidc.client?.clientId ?? '',
  });

  provider.on('grant.error', (ctx, error) => {
    const { error_detail: detail } = error as { error_detail?: string };
    log.debug({ requestId: ctx.state.requestId, error: error.message, detail }, 'a grant was refused');
    const source = ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.RefreshToken;
    if (detail && REUSE.test(detail)) {
      record({
        type: 'token.refused',
        outcome: 'refused',
        accountId: source?.accountId ?? '',
        ...where(ctx),
        reason: detail,
      });
    }
  });
  provider.on('authorization.error', (ctx, error) => {
    const { error_detail: detail } = error as { error_detail?: string };
    log.debug(
      { requestId: ctx.state.requestId, error: error.message, detail },
      'an authorization was refused',
    );
  });
  provider.on('server_error', (ctx, error) => {
    const isOurs = isSallyportError(error) || isSallyportError(error.cause);
    const level = !isOurs && isClientGone(ctx.req) ? 'debug' : 'error';
    log[level](
      { requestId: ctx.state.requestId, error: error.message, stack: error.stack },
      'the engine failed',
    );
  });
  provider.on('end_session.success', (ctx) => {
    record({
      type: 'session.ended',
      outcome: 'success',
      accountId: ctx.oidc.session?.accountId ?? '',
      ...where(ctx),
    });
  });
}

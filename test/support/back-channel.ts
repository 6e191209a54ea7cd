import { afterEach, expect } from '@jest/globals';
import type { DeliveryState } from '../../src/capabilities/delivery-queue/index.ts';
import { PASSWORD, type StartedApp } from './app.ts';
import { RelyingApplication } from './application.ts';
import { Browser } from './browser.ts';
import { eventually } from './eventually.ts';
import { accepts, type LogoutListener, startLogoutListener } from './logout-listener.ts';

export type SignedOn = Awaited<ReturnType<ReturnType<typeof backChannelOn>['signedOn']>>;

/** The settings of a server that may tell the listeners of a test. */
export const TELLS_LISTENERS = { SALLYPORT_OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32' };

/** Applications that hear of the ends of sessions; their listeners are closed after each test. */
export function backChannelOn(server: StartedApp) {
  const listeners: LogoutListener[] = [];
  afterEach(async () => {
    for (const listener of listeners.splice(0)) await listener.close();
  });

  async function listening(manner = accepts) {
    const listener = await startLogoutListener(manner);
    listeners.push(listener);
    return listener;
  }

  /** An application with an address, and a person signed on to it. */
  async function signedOn(
    options: { policy?: Record<string, unknown>; manner?: LogoutListener['manner'] } = {},
  ) {
    const listener = await listening(options.manner);
    const tenant = await server.tenant('livevox');
    if (options.policy) await server.changePolicy(tenant, options.policy);
    const account = await server.account(tenant);
    const { id, secret } = await server.application({ backchannelLogoutUri: listener.url });
    const relying = await RelyingApplication.discover(server.issuer, id, secret);
    const browser = new Browser(server.issuer);
    const signIn = async () => {
      await browser.open(await relying.request());
      const { userName } = account;
      const fields = { clientCode: tenant.clientCode, userName, password: PASSWORD };
      const landed = await browser.submit(fields, '/password');
      return relying.exchange(landed.url);
    };
    const tokens = await signIn();
    return { listener, tenant, account, application: id, relying, browser, tokens, signIn };
  }

  const deliveries = async (applicationId: string, state: DeliveryState) =>
    (await server.core.deliveries.list({ applicationId, state })).items;

  const settled = (applicationId: string, state: DeliveryState, count = 1) =>
    eventually(
      () => deliveries(applicationId, state),
      (found) => found.length === count,
    );

  const failing = (applicationId: string, problem: string) =>
    eventually(
      () => deliveries(applicationId, 'pending'),
      (found) => found[0]?.problem === problem,
    );

  /** The one token that came says that this session of this person has ended. */
  async function expectTold({ listener, application, account, tokens }: SignedOn) {
    await settled(application, 'delivered');
    expect(listener.tokens).toHaveLength(1);
    const { payload, protectedHeader } = await listener.verified(
      listener.tokens[0] ?? '',
      server.issuer,
      application,
    );
    expect(protectedHeader.typ).toBe('logout+jwt');
    expect(payload).toEqual({
      iss: server.issuer,
      aud: application,
      sub: account.id,
      sid: tokens.claims()?.sid,
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 120,
      jti: expect.any(String),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(tokens.claims()?.sid).toEqual(expect.any(String));
  }

  return { listening, signedOn, deliveries, settled, failing, expectTold };
}

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type Provider from 'oidc-provider';
import { default as ProviderClass } from 'oidc-provider';
import type { FirstProof } from '../../capabilities/account-state/index.ts';
import type { Applications } from '../../capabilities/applications/index.ts';
import type { Clock } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import { CLOCK_TOLERANCE_SECONDS, translated } from './adapter.ts';
import type { SessionAdapter, SessionLimits } from './session-adapter.ts';

interface ModelClass {
  IN_PAYLOAD: string[];
  prototype: Record<string, unknown>;
}

/** The result that the sign-in handed over, as the engine keeps it. */
type LoginResult = {
  epoch: number;
  firstProof: FirstProof;
  address: string;
  browser: string;
} & SessionLimits;

const SESSION_PROPERTIES = [
  'epoch',
  'firstProof',
  'idleSeconds',
  'absoluteSeconds',
  'address',
  'browser',
] as const;

/** Lets a model keep more properties. The engine reads the list once, so this comes before the first use. */
function addToPayload(model: ModelClass, properties: readonly string[]) {
  const names = [...model.IN_PAYLOAD, ...properties];
  Object.defineProperty(model, 'IN_PAYLOAD', { get: () => names, configurable: true });
}

/**
 * What the engine's models must do differently. Applied in the factory, as a new provider comes with fresh models.
 * - Sessions and grants carry the epoch in which they were born, and what was proved first.
 * - An ended session is buried under its uid, not only forgotten under its present id (engine race E).
 * - A proof is taken once by an atomic insert, not by looking first (engine race B).
 * - Secrets are compared with their hashes.
 * - Applications hear of a logout through our queue.
 */
export function adjustModels(
  provider: Provider,
  parts: { sessions: SessionAdapter; ephemeral: Ephemeral; clock: Clock; applications: Applications },
): void {
  const models = provider as unknown as Record<
    'Session' | 'Grant' | 'ReplayDetection' | 'Client',
    ModelClass & Record<string, unknown>
  >;
  const { sessions, ephemeral, clock, applications } = parts;
  addToPayload(models.Session, SESSION_PROPERTIES);
  addToPayload(models.Grant, ['epoch', 'firstProof']);

  const loginAccount = models.Session.prototype.loginAccount as (details: object) => void;
  models.Session.prototype.loginAccount = function (this: object, details: object) {
    const { result: { login: result } = {}, lastSubmission } = (ProviderClass.ctx?.oidc.entities
      .Interaction ?? {}) as { result?: { login?: LoginResult }; lastSubmission?: { login?: LoginResult } };
    // A consent carries the sign-in before it along. It was told already: what came since, in another tab, is newer.
    if (result && isDeepStrictEqual(result, lastSubmission?.login)) return;
    loginAccount.call(this, details);
    if (result)
      Object.assign(this, Object.fromEntries(SESSION_PROPERTIES.map((name) => [name, result[name]])));
  };

  const destroy = models.Session.prototype.destroy as () => Promise<void>;
  models.Session.prototype.destroy = async function (this: { uid: string }) {
    await destroy.call(this);
    await sessions.bury(this.uid);
  };

  models.ReplayDetection.unique = (issuer: string, jti: string, exp: number) =>
    translated(() => {
      const id = createHash('sha256')
        .update(JSON.stringify([issuer, jti]))
        .digest('base64url');
      return ephemeral.insert(
        'ReplayDetection',
        id,
        { value: '{}', expiresAt: exp + CLOCK_TOLERANCE_SECONDS },
        clock.now(),
      );
    });

  // The engine posts once and only where a browser signs out; what ends a session here tells by the queue (SES-3).
  models.Client.prototype.backchannelLogout = async () => {};

  models.Client.prototype.compareClientSecret = function (this: { clientId: string }, presented: string) {
    return translated(() => applications.secretMatches(this.clientId, presented));
  };
}

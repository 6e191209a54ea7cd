import type { Tenants } from '../../capabilities/tenants/index.ts';
import type { Clock, Say, Vault } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';
import { type Area, type Guards, on, type Registry, waived } from '../../foundation/web/index.ts';
import {
  type AnyOperation,
  allOperations,
  type Perform,
  type Start,
} from '../../use-cases/administration/index.ts';
import type { BearerTokens } from '../oidc/index.ts';
import { API, addressOf } from './addresses.ts';
import { createAnswering } from './answering.ts';
import { type Caller, createCallers } from './callers.ts';
import { createCallLimits } from './limits.ts';
import { openApi } from './openapi.ts';
import { createApiProblems } from './problems.ts';

export interface AdminApiParts {
  registry: Registry;
  bearerTokens: BearerTokens;
  tenants: Tenants;
  perform: Perform;
  startOperation: Start;
  ephemeral: Ephemeral;
  clock: Clock;
  vault: Vault;
  say: Say;
  issuer: string;
  callsPerMinute: number;
  /** Whether the redirect address of an application has this origin: its pages may call. */
  isRegisteredOrigin(origin: string): Promise<boolean>;
}

const guardsOf = ({
  effect,
  isSensitive,
  permission,
}: Partial<Pick<AnyOperation, 'effect' | 'isSensitive' | 'permission'>>): Guards => ({
  state: on('the token, its grant, account and application are looked at each time'),
  attempts: waived('a token has 256 bits'),
  factor: waived('given when the person signed in'),
  steps: waived('given when the person signed in'),
  bind: on('the audience of the token'),
  csrf: waived('no cookie is read: a program shows a token in a header that no form can send'),
  fresh: isSensitive ? on('the time of the sign-in behind the token') : waived('not sensitive'),
  authz: on(
    permission === 'per-record'
      ? 'the permission of what was started, within its reach; people see what they started'
      : `the permission ${permission}, within its reach`,
  ),
  once: effect === 'creates' ? on('Idempotency-Key') : waived('repeating it changes nothing more'),
  rate: on('the calls of each caller'),
  same: on('what is not there and what is out of reach answer alike'),
});

/** Every operation at its address, and the document that describes them. */
export function addAdminApiRoutes(parts: AdminApiParts): void {
  const problems = createApiProblems(parts);
  const callers = createCallers(parts);
  const limits = createCallLimits({ ...parts, perMinute: parts.callsPerMinute });
  const answer = createAnswering(parts, problems);

  const area: Area = {
    name: 'admin API',
    prefix: `${API}/`,
    callers: 'bearers',
    body: 'json',
    errors: problems.form,
    cors: {
      isAllowed: parts.isRegisteredOrigin,
      requestHeaders: ['authorization', 'content-type', 'if-match', 'idempotency-key', 'prefer'],
      answerHeaders: ['etag', 'location', 'ratelimit', 'ratelimit-policy', 'retry-after', 'www-authenticate'],
    },
  };
  const { route } = parts.registry.area<Caller>(area, async (ctx) => {
    ctx.set('cache-control', 'no-store');
    const caller = await callers.of(ctx);
    await limits.count(ctx, caller.name);
    return caller;
  });
  for (const operation of allOperations) {
    const address = addressOf(operation);
    const { method, route: path } = address;
    const name = `admin-api.${operation.name}`;
    route({ method, path, name, guards: guardsOf(operation) }, (ctx, caller) =>
      answer(operation, address, ctx, caller),
    );
  }
  const document = JSON.stringify(openApi(parts.issuer));
  const describing: Guards = {
    ...guardsOf({ effect: 'reads' }),
    authz: on('any token for the admin API'),
  };
  route(
    { method: 'GET', path: `${API}/openapi.json`, name: 'admin-api.openapi', guards: describing },
    async (ctx) => {
      ctx.type = 'application/json';
      ctx.body = document;
    },
  );
}

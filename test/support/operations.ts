import type { Core } from '../../src/core/index.ts';
import type { AnyOperation, Performed } from '../../src/use-cases/administration/index.ts';

/** An input with which each operation can be performed, by its name. */
export const INPUTS: Readonly<Record<string, object>> = {
  'tenant create': { clientCode: 'MADE-HERE' },
  'tenant list': {},
  'tenant show': {},
  'policy show': {},
  'policy set': { values: { 'lockout.user': 3 } },
  'policy rollback': { to: 1 },
  'policy cancel-scheduled': {},
  'policy history': {},
  'policy end-sessions': { population: 'user' },
  'policy preview': { values: { 'lockout.user': 3 } },
  'role list': {},
  'role set': { role: 'Agent', grants: [] },
  'account create': { population: 'user', userName: 'made-here' },
  'account list': {},
  'account show': {},
  'account why': {},
  'account set-password': {},
  'account compromised': {},
  'account disable': {},
  'account enable': {},
  'account delete': {},
  'account permit': { permission: 'unlock' },
  'account set-role': { role: 'SuperUser' },
  'account set-team': { team: 'north' },
  'account unlock': {},
  'account unlock-all': {},
  'account sessions': {},
  'account end-session': { session: 'none' },
  'account end-all-sessions': {},
  'account enrol': {},
  'account reset-factor': {},
  'account turn-off-factor': {},
  'account login-code': { reason: 'lost phone' },
  'account slip': {},
  'account trusted-browsers': {},
  'account end-trust': { browser: 'all' },
  'application create': { id: 'made-here', kind: 'web', redirectUris: ['https://made.example/'] },
  'application list': {},
  'application show': {},
  'application rotate-secret': {},
  'application logouts': {},
  'token create': { name: 'made here' },
  'token list': {},
  'token revoke': { name: 'made here' },
  'keys list': {},
  'keys rotate': { alg: 'ES256' },
  'keys reseal': {},
  'operation show': {},
  'operation list': {},
  'operation list-all': {},
  'operation cancel': {},
};

/** Performs an operation that is known by its declaration only. */
export async function performAny(
  { core }: { core: Core },
  operation: AnyOperation,
  request: { at: object; actor: Parameters<Core['perform']>[1]['actor']; input?: unknown },
): Promise<Performed<unknown>> {
  const { at, actor, input = INPUTS[operation.name] } = request;
  return core.perform(operation, { at: at as never, input: input as never, actor });
}

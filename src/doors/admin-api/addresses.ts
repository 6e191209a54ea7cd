import type { AnyOperation } from '../../use-cases/administration/index.ts';

/** Where everything of the admin API stands, below the issuer. */
export const API = '/api/v1';

export type ApiMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Where an operation stands. */
export interface Address {
  method: ApiMethod;
  /** Below `/api/v1`, with names in braces as OpenAPI writes them. */
  path: string;
  /** The same as the router reads it, whole. */
  route: string;
  /** Names that stand in the path, in order. */
  names: readonly string[];
  /** Whether the input comes as JSON; otherwise it comes in the query. */
  hasBody: boolean;
}

/** The fields of a path that name the target; the others are fields of the input. */
const targetNames = ['tenant', 'account', 'application', 'operation'] as const;
type TargetName = (typeof targetNames)[number];

export function isTargetName(name: string): name is TargetName {
  return (targetNames as readonly string[]).includes(name);
}

/** Where the admin API has an operation. Pure. */
export function addressOf({
  path,
  method,
  effect,
}: Pick<AnyOperation, 'path' | 'method' | 'effect'>): Address {
  const verb = method ?? (effect === 'reads' ? 'GET' : 'POST');
  return {
    method: verb,
    path,
    route: API + path.replaceAll(/\{(\w+)\}/g, ':$1'),
    names: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
    hasBody: verb !== 'GET' && verb !== 'DELETE',
  };
}

/** `account set-password` as a name in the code of clients: `accountSetPassword`. */
export function operationId({ name }: Pick<AnyOperation, 'name'>): string {
  return name.replaceAll(/[ -]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

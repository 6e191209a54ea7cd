import type { Dependent } from '../credential-events/index.ts';

/** The engine's models whose records name an account: all end with a credential event (SES-4). */
export const dependents: readonly Dependent[] = [
  { kind: 'Session', name: 'browserSessions' },
  { kind: 'Grant', name: 'grants' },
  { kind: 'AuthorizationCode', name: 'authorizationCodes' },
  { kind: 'AccessToken', name: 'accessTokens' },
  { kind: 'RefreshToken', name: 'refreshTokens' },
];

/** The models that `revokeByGrantId` ends. */
export const grantedKinds = ['AuthorizationCode', 'AccessToken', 'RefreshToken'] as const;

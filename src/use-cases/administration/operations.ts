import * as life from './accounts/life.ts';
import * as locks from './accounts/locks.ts';
import * as reading from './accounts/reading.ts';
import * as sessions from './accounts/sessions.ts';
import * as apiTokens from './api-tokens/operations.ts';
import * as applications from './applications/operations.ts';
import * as auditing from './audit/operations.ts';
import * as compliance from './compliance/operations.ts';
import * as codes from './factors/codes.ts';
import * as factors from './factors/operations.ts';
import * as trust from './factors/trust.ts';
import * as keys from './keys/operations.ts';
import * as long from './long/operations.ts';
import type { AnyOperation } from './operation.ts';
import * as passwords from './passwords/operations.ts';
import * as policy from './policy/operations.ts';
import * as previewing from './policy/previewing.ts';
import * as roles from './roles/operations.ts';
import * as statistics from './statistics/operations.ts';
import * as tenants from './tenants/operations.ts';
import * as webhooks from './webhooks/operations.ts';
import * as telling from './webhooks/telling.ts';

/** Every operation by what it is about. Doors take them from here; what is not here cannot be done to others. */
export const operations = {
  tenant: tenants,
  policy: { ...policy, ...previewing },
  role: roles,
  account: { ...passwords, ...reading, ...life, ...locks, ...sessions, ...factors, ...codes, ...trust },
  application: applications,
  token: apiTokens,
  audit: auditing,
  statistics,
  compliance,
  webhook: { ...webhooks, ...telling },
  keys,
  operation: long,
};

/** The same as one list, for what is derived: routes, the permission matrix, the reference. */
export const allOperations: readonly AnyOperation[] = Object.values(operations).flatMap(
  (domain) => Object.values(domain) as unknown as AnyOperation[],
);

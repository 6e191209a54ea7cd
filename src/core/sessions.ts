// What people and programs are signed in with, put together.
import {
  createApiSessions,
  createApiTokens,
  createProgramSessions,
} from '../capabilities/api-access/index.ts';
import { createApplications } from '../capabilities/applications/index.ts';
import { createSessionReader } from '../capabilities/browser-sessions/index.ts';
import { createSessions } from '../capabilities/credential-events/index.ts';
import { createLogoutDeliveries, createLogoutTokens } from '../capabilities/logout-delivery/index.ts';
import type { Ground } from './build.ts';
import type { Core } from './index.ts';
import { accountDependents } from './short-lived.ts';

/** What people and programs are signed in with, and who hears of the end of it. */
export function buildSessions(
  { settings, clock, vault, stores }: Ground,
  {
    accounts,
    tenants,
    audit,
    keys,
    jobs,
    deliveryQueue: queue,
  }: Pick<Core, 'accounts' | 'tenants' | 'audit' | 'keys' | 'jobs' | 'deliveryQueue'>,
) {
  const { issuer } = settings;
  const { documents, ephemeral } = stores;
  const applications = createApplications({ documents, ephemeral, clock, tenants, issuer });
  const deliveries = createLogoutDeliveries({
    queue,
    audit,
    clock,
    addressOf: async (id) => (await applications.byId(id))?.backchannelLogoutUri ?? undefined,
    token: createLogoutTokens({ keys, clock, issuer }),
  });
  const apiTokens = createApiTokens({ documents, ephemeral, clock });
  const apiSessions = createApiSessions({ ephemeral, vault, clock });
  const reader = createSessionReader({ ephemeral, clock, tell: deliveries.tell });
  const sessions = createSessions({
    accounts,
    tenants,
    ephemeral,
    audit,
    jobs,
    clock,
    reader,
    programs: createProgramSessions({ apiSessions, apiTokens }),
    dependents: accountDependents,
  });
  return { applications, deliveries, apiTokens, apiSessions, sessions };
}

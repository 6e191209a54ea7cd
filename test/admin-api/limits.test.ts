import { expect, test } from '@jest/globals';
import { machine } from '../support/admin-api.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime } from '../support/time.ts';

const MOST = 20;
const server = serverForAll({ SALLYPORT_ADMIN_CALLS_PER_MINUTE: String(MOST) });

test('ADM-1 of many calls at once as many are answered as a caller may make in a minute', async () => {
  const time = holdTime();
  try {
    const [tenant, other] = [await server.tenant(), await server.tenant()];
    const [api, unaffected] = [await machine(server, tenant), await machine(server, other)];
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => api.get(`/tenants/${tenant.clientCode}`)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(MOST);
    expect(statuses.filter((status) => status === 429)).toHaveLength(30 - MOST);
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused?.headers.get('ratelimit-policy')).toBe(`"calls";q=${MOST};w=60`);
    expect((await unaffected.get(`/tenants/${other.clientCode}`)).status).toBe(200);
    time.move(61);
    const later = await api.get(`/tenants/${tenant.clientCode}`);
    expect(later.headers.get('ratelimit')).toMatch(new RegExp(`^"calls";r=${MOST - 1};t=\\d+$`));
  } finally {
    time.release();
  }
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, type StartedApp, startApp } from '../support/app.ts';
import { stopwatch } from '../support/pace.ts';
import { freePort } from '../support/port.ts';
import { Program } from '../support/program.ts';

const CALLS = 50;
/** Versions of what is cached are read once for all requests of so many milliseconds, and three caches are looked at. */
const REMEMBERED_MS = 20;
const TOPICS = 3;

let server: StartedApp;
beforeAll(async () => {
  server = await startApp({ SALLYPORT_INTERNAL_PORT: String(await freePort()) });
});
afterAll(() => server.close());

/** How often each verb of a store was called so far. */
async function verbs(): Promise<Map<string, number>> {
  const { text } = (await server.core.metrics?.read()) ?? { text: '' };
  const line = /^sallyport_store_seconds_count\{store="(\w+)",verb="(\w+)",outcome="ok"\} (\d+)$/gm;
  return new Map(
    [...text.matchAll(line)].map(([, store, verb, count]) => [`${store}.${verb}`, Number(count)]),
  );
}

async function spent(work: () => Promise<void>): Promise<Record<string, number>> {
  const before = await verbs();
  await work();
  const after = await verbs();
  const more = [...after].map(([verb, count]): [string, number] => [verb, count - (before.get(verb) ?? 0)]);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

describe('what a call of the session API costs', () => {
  test('API-5 validating is two round trips to the stores; what is cached is looked at for all requests together', async () => {
    const tenant = await server.tenant('livevox');
    const account = await server.account(tenant, { permissions: ['use-session-api'] });
    const program = new Program(server.issuer, await server.apiToken(tenant));
    await program.login({
      clientName: tenant.clientCode,
      userName: account.userName,
      password: PASSWORD,
    });
    await program.validate();
    const elapsedMs = stopwatch();
    const calls = await spent(async () => {
      for (let i = 0; i < CALLS; i++) expect((await program.validate()).status).toBe(200);
    });
    const looks = Math.ceil(elapsedMs() / REMEMBERED_MS) + 1;
    // What else a process does in that time: it looks for jobs, and writes what it counted.
    const { 'ephemeral.topicVersion': topics = 0, 'documents.page': _, ...rest } = calls;
    const written = (rest['documents.replace'] ?? 0) + (rest['documents.insert'] ?? 0);
    expect(rest['ephemeral.renew']).toBe(CALLS);
    expect(rest['documents.get']).toBeGreaterThanOrEqual(CALLS);
    // One look-up of the account a call; those of the signing keys and of counted use come now and then.
    expect(rest['documents.get'] ?? 0).toBeLessThanOrEqual(CALLS + written + looks);
    expect(topics).toBeLessThanOrEqual(looks * TOPICS);
    // Whatever else a process does now and then, it does not do for every call.
    const others = Object.entries(rest).filter(
      ([verb]) => !/renew|documents\.(get|replace|insert)/.test(verb),
    );
    expect(others.filter(([, count]) => count > looks)).toEqual([]);
  });
});

import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type InstancesOnServers, prepareInstances, statusOf } from '../support/instances.ts';
import { expectBack, expectInvariants } from '../support/invariants.ts';
import { faultDeadlineSeconds } from '../support/pace.ts';
import { startTraffic, type Traffic } from '../support/traffic.ts';

const isLong = process.env.SALLYPORT_TEST_LONG !== undefined;
const REFUSED = isLong ? 60 : 5;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Two processes; their way to each store leads through a proxy that can fail. */
async function twoProcesses(): Promise<{
  instances: InstancesOnServers;
  mongodb: FaultProxy;
  redis: FaultProxy;
}> {
  const instances = await prepareInstances(2);
  closers.push(() => instances.close());
  const documents = new URL(instances.environment.SALLYPORT_DOCUMENTS ?? '');
  const mongodb = await startFaultProxy(Number(documents.port), { isMongodb: true });
  const redis = await startFaultProxy(instances.redis.port);
  closers.push(mongodb.close, redis.close);
  documents.port = String(mongodb.port);
  instances.environment.SALLYPORT_DOCUMENTS = documents.href;
  instances.environment.SALLYPORT_EPHEMERAL = `redis://127.0.0.1:${redis.port}`;
  instances.environment.SALLYPORT_STORE_DEADLINE_SECONDS = String(await faultDeadlineSeconds());
  await Promise.all([instances.start(0), instances.start(1)]);
  return { instances, mongodb, redis };
}

/** Traffic that ends with the test, however that ends. */
async function trafficOn(instances: InstancesOnServers, people?: number): Promise<Traffic> {
  const traffic = await startTraffic(instances, people);
  closers.push(async () => {
    await traffic.stop();
  });
  return traffic;
}

/** Waits until more people have signed in than before. */
async function flows({ ledger }: Traffic, more = 4): Promise<void> {
  const before = ledger.signIns;
  await eventually(
    () => ({ ...ledger, spent: ledger.spent.length, strange: ledger.strange.slice(0, 3) }),
    ({ signIns }) => signIns >= before + more,
  );
}

/** Waits until traffic has met what is going on: so many more requests were refused. */
async function meets({ ledger }: Traffic): Promise<void> {
  const before = ledger.refused;
  await eventually(
    () => ledger.refused,
    (refused) => refused >= before + REFUSED,
  );
}

/** I5: readiness is red while a store is lost, liveness stays green, and what needs no store still answers. */
async function expectRed(instances: InstancesOnServers) {
  for (const n of instances.ports.keys()) {
    await eventually(
      () => instances.readiness(n),
      (status) => status === 503,
    );
    const origin = `http://127.0.0.1:${instances.ports[n]}`;
    expect(await statusOf(`${origin}/health/live`)).toBe(200);
  }
  expect(await statusOf(`${instances.issuer}/.well-known/openid-configuration`)).toBe(200);
  expect(await statusOf(`${instances.issuer}/oauth2/jwks`)).toBe(200);
}

describe('a store that is lost for a while', () => {
  test('F1 I3 Redis is stopped in a storm of sign-ins, and started again', async () => {
    const { instances } = await twoProcesses();
    const traffic = await trafficOn(instances);
    await flows(traffic);
    await instances.redis.halt();
    await expectRed(instances);
    await meets(traffic);
    await instances.redis.resume();
    await expectBack(instances, instances.ports);
    await flows(traffic);
    await traffic.stop();
    expect(traffic.ledger.refused).toBeGreaterThan(0);
    await expectInvariants(instances, traffic);
  });

  test('F2 I5 Redis is frozen: no request waits for it, what needs no store answers, and nothing piles up', async () => {
    const { instances, redis } = await twoProcesses();
    const traffic = await trafficOn(instances);
    await flows(traffic);
    const connections = redis.open();
    instances.redis.freeze(true);
    await expectRed(instances);
    await meets(traffic);
    expect(redis.open()).toBeLessThanOrEqual(connections + 8);
    instances.redis.freeze(false);
    await expectBack(instances, instances.ports);
    await flows(traffic);
    await traffic.stop();
    await expectInvariants(instances, traffic);
  });

  test.each(['refuse', 'silent'] as const)('F8 I5 the way to MongoDB: %s', async (kind) => {
    const { instances, mongodb } = await twoProcesses();
    const traffic = await trafficOn(instances);
    await flows(traffic);
    const connections = mongodb.open();
    mongodb.become({ kind });
    await expectRed(instances);
    await meets(traffic);
    expect(mongodb.open()).toBeLessThanOrEqual(2 * connections + 40);
    mongodb.become({ kind: 'none' });
    await expectBack(instances, instances.ports);
    await flows(traffic);
    await traffic.stop();
    await expectInvariants(instances, traffic);
  });

  test('F8 I6 the way to Redis is silent', async () => {
    const { instances, redis } = await twoProcesses();
    const traffic = await trafficOn(instances);
    await flows(traffic);
    redis.become({ kind: 'silent' });
    await expectRed(instances);
    await meets(traffic);
    redis.become({ kind: 'none' });
    await expectBack(instances, instances.ports);
    await flows(traffic);
    await traffic.stop();
    await expectInvariants(instances, traffic);
  });

  test('F8 I9 both stores are far away, and some of the connections never answer', async () => {
    const { instances, mongodb, redis } = await twoProcesses();
    const slow = { kind: 'slow', ms: 40, jitterMs: 20, halfOpen: 0.01 } as const;
    const traffic = await trafficOn(instances, 2);
    mongodb.become(slow);
    redis.become(slow);
    await flows(traffic, isLong ? 40 : 4);
    mongodb.become({ kind: 'none' });
    redis.become({ kind: 'none' });
    await expectBack(instances, instances.ports);
    await traffic.stop();
    await expectInvariants(instances, traffic);
  });
});

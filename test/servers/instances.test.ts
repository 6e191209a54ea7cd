import { afterEach, describe, expect, test } from '@jest/globals';
import { basic } from '../support/application.ts';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { type InstancesOnServers, prepareInstances, statusOf } from '../support/instances.ts';
import { expectInvariants } from '../support/invariants.ts';
import { faultDeadlineSeconds } from '../support/pace.ts';
import { story } from '../support/story.ts';
import { startTraffic, type Traffic } from '../support/traffic.ts';

const isLong = process.env.SALLYPORT_TEST_LONG !== undefined;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function prepared(count: number, more: Record<string, string> = {}): Promise<InstancesOnServers> {
  const instances = await prepareInstances(count, more);
  closers.push(() => instances.close());
  return instances;
}

async function trafficOn(instances: InstancesOnServers): Promise<Traffic> {
  const traffic = await startTraffic(instances);
  closers.push(() => traffic.stop());
  return traffic;
}

async function flows({ ledger }: Traffic, more = 4): Promise<void> {
  const before = ledger.signIns;
  await eventually(
    () => ledger.signIns,
    (signIns) => signIns >= before + more,
  );
}

describe('processes that come and go', () => {
  test('F17 I3 one of two is killed in a storm: the other goes on, and nothing acknowledged is lost', async () => {
    const instances = await prepared(2);
    await Promise.all([instances.start(0), instances.start(1)]);
    const traffic = await trafficOn(instances);
    for (let round = 0; round < (isLong ? 10 : 2); round++) {
      await flows(traffic);
      await instances.stop(round % 2, 'SIGKILL');
      await flows(traffic);
      await instances.start(round % 2);
    }
    await traffic.stop();
    // Those that were in flight, and those that the proxy sent to the dead one before it looked.
    expect(traffic.ledger.cut).toBeLessThan(isLong ? 400 : 80);
    await expectInvariants(instances, traffic, { mayCut: true });
  });

  test('F18 I7 a rolling restart under load: not one request fails, and sign-ins under way are finished', async () => {
    // The proxy looks at its processes again and again: they serve on until it has looked.
    const notice = { SALLYPORT_STOP_NOTICE_SECONDS: String(await faultDeadlineSeconds()) };
    const instances = await prepared(2, notice);
    await Promise.all([instances.start(0), instances.start(1)]);
    const traffic = await trafficOn(instances);
    const tale = await story(instances);
    await tale.begin();
    for (let round = 0; round < (isLong ? 20 : 2); round++) {
      await flows(traffic);
      await instances.stop(round % 2);
      await flows(traffic);
      await instances.start(round % 2);
    }
    const landed = await tale.typePassword();
    expect((await tale.relying.exchange(landed.url)).claims()?.sub).toBe(tale.account.id);
    await traffic.stop();
    expect([traffic.ledger.cut, traffic.ledger.refused]).toEqual([0, 0]);
    await expectInvariants(instances, traffic);
  });

  test('F19 I2 one of two is cut off from the stores: it refuses everything once what it keeps is too old, and both refuse a disabled account', async () => {
    const instances = await prepared(2);
    const direct = { ...instances.environment };
    await instances.start(0);
    const documents = new URL(direct.SALLYPORT_DOCUMENTS ?? '');
    const mongodb = await startFaultProxy(Number(documents.port));
    const redis = await startFaultProxy(instances.redis.port);
    closers.push(mongodb.close, redis.close);
    documents.port = String(mongodb.port);
    instances.environment.SALLYPORT_DOCUMENTS = documents.href;
    instances.environment.SALLYPORT_EPHEMERAL = `redis://127.0.0.1:${redis.port}`;
    instances.environment.SALLYPORT_STORE_DEADLINE_SECONDS = String(await faultDeadlineSeconds());
    await instances.start(1);
    const machine = await instances.application({
      kind: 'machine',
      audience: 'https://api.example.org',
      scopes: ['read'],
    });
    const tale = await story(instances);
    await tale.begin();
    const tokens = await tale.relying.exchange((await tale.typePassword()).url);
    const ask = async (n: number, path: string, authorization: string, fields: Record<string, string>) => {
      // Straight to one process; the Host is that of the issuer, as the proxy would send it.
      const { request } = await import('node:http');
      const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
      const body = new URLSearchParams(fields).toString();
      const headers = {
        host: new URL(instances.issuer).host,
        authorization,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': body.length,
      };
      const sent = request(
        { host: '127.0.0.1', port: instances.ports[n], path, method: 'POST', headers },
        (answer) => {
          let text = '';
          answer.on('data', (chunk) => {
            text += chunk;
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
        },
      );
      sent.once('error', reject);
      sent.end(body);
      return promise;
    };
    const machineToken = (n: number) =>
      ask(n, '/oauth2/token', basic(machine.id, machine.secret), { grant_type: 'client_credentials' });
    const introspect = (n: number) =>
      ask(n, '/oauth2/introspect', basic(tale.application.id, tale.application.secret), {
        token: tokens.access_token,
      });
    expect((await machineToken(1)).status).toBe(200);
    expect((await introspect(1)).body).toContain('"active":true');

    // Only the documents: what is kept of applications and keys is used for no longer than it may be.
    mongodb.become({ kind: 'silent' });
    await eventually(
      () => machineToken(1),
      ({ status }) => status === 503,
    );
    redis.become({ kind: 'silent' });
    const person = [
      '--tenant',
      tale.tenant.clientCode,
      '--population',
      'user',
      '--user-name',
      tale.account.userName,
    ];
    expect((await runCommand(['account', 'disable', ...person], direct)).code).toBe(0);
    expect(await introspect(0)).toMatchObject({ status: 200, body: '{"active":false}' });
    expect((await introspect(1)).status).toBe(503);
    expect(await instances.readiness(1)).toBe(503);
    expect(await statusOf(`http://127.0.0.1:${instances.ports[1]}/health/live`)).toBe(200);

    mongodb.become({ kind: 'none' });
    redis.become({ kind: 'none' });
    await eventually(
      () => instances.readiness(1),
      (status) => status === 200,
    );
    expect(await introspect(1)).toMatchObject({ status: 200, body: '{"active":false}' });
    expect((await machineToken(1)).status).toBe(200);
  });

  test('OID-2 F20 both processes follow a rotation by themselves', async () => {
    const instances = await prepared(2);
    await Promise.all([instances.start(0), instances.start(1)]);
    const rotated = await runCommand(['keys', 'rotate', '--alg', 'ES256', '--json'], instances.environment);
    const [{ kid }] = JSON.parse(rotated.stdout) as [{ kid: string }];
    const kids = async (n: number) => {
      const answer = await fetch(`${instances.issuer}/oauth2/jwks`, { headers: { 'x-n': String(n) } });
      return ((await answer.json()) as { keys: { kid: string }[] }).keys.map((key) => key.kid);
    };
    await eventually(
      async () => [await kids(0), await kids(1)],
      (both) => both.every((list) => list.includes(kid)),
    );
    const again = await runCommand(['keys', 'rotate', '--alg', 'ES256'], instances.environment);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('published already')]);
    expect((await runCommand(['keys', 'list'], instances.environment)).stdout).toMatch(
      /ES256.*active.*\n.*ES256.*next/,
    );
    expect((await runCommand(['keys', 'rotate', '--alg', 'HS256'], instances.environment)).stderr).toContain(
      'ES256, RS256 or all',
    );
    expect((await runCommand(['keys', 'reseal', '--json'], instances.environment)).stdout).toContain(
      '"resealed":0',
    );
  });
});

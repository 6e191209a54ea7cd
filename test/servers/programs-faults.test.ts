import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { prepareInstances } from '../support/instances.ts';
import { faultDeadlineSeconds } from '../support/pace.ts';
import { type Answered, Program } from '../support/program.ts';
import { PASSWORD } from '../support/site.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('programs while a store is away', () => {
  test('S81 F8 every call is 503 and nothing is decided; with the store the session is back', async () => {
    const instances = await prepareInstances(1);
    closers.push(() => instances.close());
    const documents = new URL(instances.environment.SALLYPORT_DOCUMENTS ?? '');
    const mongodb = await startFaultProxy(Number(documents.port), { isMongodb: true });
    const redis = await startFaultProxy(instances.redis.port);
    closers.push(mongodb.close, redis.close);
    documents.port = String(mongodb.port);
    instances.environment.SALLYPORT_DOCUMENTS = documents.href;
    instances.environment.SALLYPORT_EPHEMERAL = `redis://127.0.0.1:${redis.port}`;
    instances.environment.SALLYPORT_STORE_DEADLINE_SECONDS = String(await faultDeadlineSeconds());
    await instances.start(0);
    const tenant = await instances.tenant('livevox');
    const account = await instances.account(tenant, { permissions: ['use-session-api'] });
    const program = new Program(instances.issuer, await instances.apiToken(tenant));
    const person = { clientName: tenant.clientCode, userName: account.userName, password: PASSWORD };
    const calls: [string, () => Promise<Answered>][] = [
      ['login', () => program.login({ ...person, password: 'wrong' })],
      ['validate', () => program.validate()],
      ['list', () => program.asSession('GET', '/list')],
      ['logout', () => program.logout()],
      ['password', () => program.changePassword({ ...person, newPassword: 'another horse 10' })],
    ];
    const isBack = () =>
      eventually(
        async () => (await program.validate()).status,
        (status) => status === 200,
      );
    await program.login(person);
    for (const store of [redis, mongodb]) {
      store.become({ kind: 'refuse' });
      for (const [name, call] of calls) {
        const answer = await call();
        expect([name, answer.status, answer.body.code]).toEqual([name, 503, 'store_unavailable']);
        expect(answer.headers.get('retry-after')).not.toBeNull();
      }
      store.become({ kind: 'none' });
      await isBack();
    }
    const failures = (await instances.core.audit.ofAccount(account.id, 50)).filter(
      ({ type, outcome }) => type === 'sign-in.password' && outcome === 'failure',
    );
    expect(failures).toEqual([]);
    expect((await instances.core.accounts.byId(account.id))?.doc.epoch).toBe(account.epoch);
  });
});

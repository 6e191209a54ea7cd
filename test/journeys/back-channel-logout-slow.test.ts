import { describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/capabilities/accounts/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { backChannelOn, TELLS_LISTENERS } from '../support/back-channel.ts';
import { eventually } from '../support/eventually.ts';
import { accepts, answers, floods, hangs } from '../support/logout-listener.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const HOUR = 3_600;

const DAY = 86_400;

const server = serverForAll(TELLS_LISTENERS);

const time = clockForEach();
const { listening, signedOn, deliveries, settled, failing } = backChannelOn(server);

describe('a slow or hostile application harms no other', () => {
  const end = ({ account }: { account: Account }) =>
    administer(server, operations.account.endAllSessions, account, {});

  test('F22 SES-3 one that answers 500 for an hour is told within five minutes after', async () => {
    const tale = await signedOn({ manner: answers(500) });
    await end(tale);
    let told = 0;
    for (let elapsed = 0; elapsed < HOUR; elapsed += 300) {
      told += 1;
      const times = told;
      await eventually(
        () => deliveries(tale.application, 'pending'),
        ([one]) => (one?.attempts ?? 0) >= times && one?.problem === 'answered 500',
      );
      time.move(300);
    }
    tale.listener.manner = accepts;
    time.move(300);
    await settled(tale.application, 'delivered');
    const [delivered] = await deliveries(tale.application, 'delivered');
    expect(delivered).toMatchObject({ problem: '', attempts: tale.listener.tokens.length });
    const jtis = await Promise.all(
      tale.listener.tokens.map(async (token) => JSON.parse(atob(token.split('.')[1] ?? '')).jti as string),
    );
    expect(new Set(jtis).size).toBe(jtis.length);
  });

  test('F22 SES-3 one that is not there for a day is given up, visibly', async () => {
    const tale = await signedOn({ manner: answers(503) });
    await end(tale);
    await failing(tale.application, 'answered 503');
    time.move(DAY);
    await settled(tale.application, 'given-up');
    expect(await deliveries(tale.application, 'given-up')).toMatchObject([
      { problem: 'answered 503', accountId: tale.account.id },
    ]);
    const isGivenUp = ({ type }: { type: string }) => type === 'logout.given-up';
    await eventually(
      () => server.core.audit.ofAccount(tale.account.id, 20),
      (entries) => entries.some(isGivenUp),
    );
    time.move(8 * DAY);
    await server.core.deliveryQueue.clear(100);
    expect(await deliveries(tale.application, 'given-up')).toEqual([]);
  });

  test('S78 F22 nothing of an answer is read, and no redirect is followed', async () => {
    const inside = await listening();
    const tale = await signedOn({ manner: answers(307, { location: inside.url }) });
    const flood = await signedOn({ manner: floods });
    await end(tale);
    await end(flood);
    await settled(flood.application, 'delivered');
    await failing(tale.application, 'answered 307');
    expect(inside.tokens).toEqual([]);
  });

  test('F22 forty sessions of one that never answers keep no other application waiting, nor the mail', async () => {
    const dead = await signedOn({ manner: hangs });
    for (let n = 0; n < 40; n++)
      await server.core.deliveries.tell(dead.account.id, [
        { applicationId: dead.application, sid: `sid-${n}` },
      ]);
    const tale = await signedOn();
    await end(tale);
    await server.core.mail.notify({ ...tale.account, email: 'ann@example.org' }, 'changed');
    await settled(tale.application, 'delivered');
    await eventually(
      () => server.mailbox.messages.filter(({ to }) => to === 'ann@example.org').length,
      (count) => count === 1,
    );
    expect(dead.listener.mostAtOnce).toBeLessThanOrEqual(4);
    expect(await deliveries(dead.application, 'delivered')).toEqual([]);
  });

  test('SES-3 deliveries of one session and application keep their order', async () => {
    const tale = await signedOn({ manner: answers(500) });
    const tell = () =>
      server.core.deliveries.tell(tale.account.id, [{ applicationId: tale.application, sid: 'one' }]);
    await tell();
    await failing(tale.application, 'answered 500');
    await tell();
    time.move(2);
    tale.listener.manner = accepts;
    expect(tale.listener.tokens).toHaveLength(1);
    time.move(10);
    await eventually(
      () => deliveries(tale.application, 'delivered'),
      (found) => found.length === 1,
    );
    time.move(10);
    await settled(tale.application, 'delivered', 2);
    const [later, earlier] = await deliveries(tale.application, 'delivered');
    expect((earlier?.id ?? '') < (later?.id ?? '')).toBe(true);
    expect(earlier?.attempts).toBe(2);
    expect(later?.attempts).toBe(1);
  });

  test('SES-3 discovery says that it is done, and an application may not be made with an address that cannot be', async () => {
    const configuration = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json();
    expect(configuration).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
    const make = (backchannelLogoutUri: string, kind: 'web' | 'machine' = 'web') =>
      server.core.applications.create({
        id: `refused-${kind}`,
        kind,
        redirectUris: kind === 'web' ? ['https://desk.example.org/'] : [],
        backchannelLogoutUri,
      });
    for (const uri of [
      'nowhere',
      'ftp://a.example/',
      'https://a.example/#x',
      'https://me:it@a.example/',
      'file:///etc',
    ])
      expect(await make(uri)).toHaveProperty('refused');
    expect(await make('https://a.example/', 'machine')).toHaveProperty('refused');
  });
});

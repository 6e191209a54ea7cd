import { describe, expect, test } from '@jest/globals';
import { hostileTo } from '../support/hostile.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll({ SALLYPORT_ADMIN_CALLS_PER_MINUTE: '100000' });
const { at, machines, accounts } = hostileTo(server);

describe('S82 a cursor is good for the list and the caller that it was made for', () => {
  const next = async () => {
    for (let n = 0; n < 3; n++)
      await machines.own.post(accounts(), { population: 'user', userName: `person ${Math.random()}` });
    const { body } = await machines.own.get(`${accounts()}?limit=1`);
    return String(body.next);
  };
  const answer = async (cursor: string, path = `${accounts()}?limit=1`, client = machines.own) => {
    const { status, body } = await client.get(
      `${path}${path.includes('?') ? '&' : '?'}after=${encodeURIComponent(cursor)}`,
    );
    return [status, body.errors?.[0]?.pointer];
  };
  const refused = [422, '#/after'];

  test('it is taken as it is', async () => {
    expect(await answer(await next())).toEqual([200, undefined]);
  });

  test('cut, longer or changed it is refused', async () => {
    const cursor = await next();
    const [place = '', mac = ''] = cursor.split('.');
    const forged = [
      cursor.slice(0, -1),
      cursor.slice(1),
      `${cursor}x`,
      `${cursor}.`,
      `${place}=.${mac}`,
      place,
      `.${mac}`,
      `${Buffer.from('["forged"]').toString('base64url')}.${mac}`,
    ];
    for (const one of forged) expect(await answer(one)).toEqual(refused);
  });

  test('with other filters, of another list or caller it is refused', async () => {
    const cursor = await next();
    expect(await answer(cursor, `${accounts()}?limit=1&population=user`)).toEqual(refused);
    expect(await answer(cursor, `/tenants/${at.tenant}/operations`)).toEqual(refused);
    expect(await answer(cursor, `/tenants/${at.other}/accounts?limit=1`, machines.rival)).toEqual(refused);
  });
});

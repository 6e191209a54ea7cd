import { describe, expect, test } from '@jest/globals';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
let serial = 0;
const create = (secret?: string) => {
  serial += 1;
  return server.core.applications.create({
    id: `machine-${serial}`,
    kind: 'machine',
    audience: 'https://api.example',
    scopes: ['read'],
    ...(secret === undefined ? {} : { secret }),
  });
};

describe('OID-3 a secret of an application holds printable ASCII characters only', () => {
  const LONG = 'a'.repeat(40);
  test.each(['é', '\u00a0', '\t', '\u007f', '\u0000', '\ufeff', '密', '\ud800'])(
    '%j is refused',
    async (sign) => {
      for (const secret of [LONG + sign, sign + LONG])
        expect(await create(secret)).toEqual({
          refused: { code: 'application_secret_unprintable', values: {} },
        });
    },
  );

  test('every printable one is taken', async () => {
    const all = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i)).join('');
    expect(await create(all)).toMatchObject({ secret: all });
  });

  test('and one that is made complies', async () => {
    const made = await create();
    expect('secret' in made ? made.secret : '').toMatch(/^[\x20-\x7e]{32,}$/);
  });
});

import { describe, expect, test } from '@jest/globals';
import { createSubmissions } from '../../src/foundation/web/submissions.ts';

/** A store in memory that counts how often it is asked. */
function countingStore() {
  const rows = new Map<string, { value: string; expiresAt: number }>();
  const asked = { times: 0 };
  return {
    rows,
    asked,
    insert: async (_kind: string, id: string, record: { value: string; expiresAt: number }) => {
      asked.times += 1;
      if (rows.has(id)) return false;
      rows.set(id, record);
      return true;
    },
    put: async (_kind: string, id: string, record: { value: string; expiresAt: number }) =>
      rows.set(id, record),
    get: async (_kind: string, id: string) => {
      asked.times += 1;
      return rows.get(id);
    },
    remove: async (_kind: string, id: string) => {
      rows.delete(id);
    },
  };
}

function post(fields: Record<string, string>) {
  const answer = { status: 0, location: '' };
  const redirect = (to: string) => {
    answer.location = to;
  };
  const response = { get: () => answer.location };
  const ctx = { path: '/form', state: { form: new URLSearchParams(fields) }, redirect, response };
  return { ctx: ctx as never, answer };
}

describe('SEC-4 X10 many posts of one form at once', () => {
  const start = () => {
    const ephemeral = countingStore();
    const vault = { mac: (_use: string, text: string) => text } as never;
    const clock = { now: () => 1_000 } as never;
    return { ephemeral, submissions: createSubmissions({ ephemeral, clock, vault }) };
  };

  test('wait without asking the store, and one works at a time', async () => {
    const { ephemeral, submissions } = start();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    let working = 0;
    let most = 0;
    const all = Array.from({ length: 200 }, () =>
      submissions.inTurn(post({ code: '1' }).ctx, 'place', async () => {
        working += 1;
        most = Math.max(most, working);
        enter();
        await held;
        working -= 1;
      }),
    );
    await entered;
    expect(ephemeral.asked.times).toBe(1);
    letGo();
    await Promise.all(all);
    expect(most).toBe(1);
    expect(ephemeral.asked.times).toBe(200);
    expect(ephemeral.rows.size).toBe(0);
  });

  test('one that fails lets the next one try', async () => {
    const { submissions } = start();
    const failing = submissions.inTurn(post({}).ctx, 'place', () => Promise.reject(new Error('no')));
    const next = submissions.inTurn(post({}).ctx, 'place', async () => {});
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBeUndefined();
  });

  test('of what is done once, all are led where the first one led', async () => {
    const { submissions } = start();
    let done = 0;
    const posts = Array.from({ length: 20 }, () => post({ code: '1' }));
    await Promise.all(
      posts.map(({ ctx, answer }) =>
        submissions.once(ctx, 'place', async () => {
          done += 1;
          answer.location = '/there';
          return true;
        }),
      ),
    );
    expect(done).toBe(1);
    expect(posts.map(({ answer }) => answer.location)).toEqual(posts.map(() => '/there'));
  });

  test('another field, or another place, is another form', async () => {
    const { submissions } = start();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const first = submissions.inTurn(post({ code: '1' }).ctx, 'place', () => held);
    await submissions.inTurn(post({ code: '2' }).ctx, 'place', async () => {});
    await submissions.inTurn(post({ code: '1' }).ctx, 'elsewhere', async () => {});
    letGo();
    await first;
  });
});

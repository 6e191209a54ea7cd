// One racing process: opens the store, says so, and runs its calls at each line on standard input.
import { createInterface } from 'node:readline';
import type { Race } from './race.ts';
import { THINGS_FOR_RACE } from './racer-things.ts';
import { openDocumentsAt, openEphemeralAt } from './stores.ts';

const [address = '', json = '{}'] = process.argv.slice(2);
const plan = JSON.parse(json) as Race & { racer: number };
const LATER = plan.now + 3_600;

async function contestant(): Promise<{
  call(round: number, n: number): Promise<unknown>;
  close(): Promise<void>;
}> {
  if (plan.verb.endsWith('Document')) {
    const store = await openDocumentsAt(address);
    const things = store.collection<{ id: string; tenant: string; name: { key: string }; size: number }>(
      THINGS_FOR_RACE,
    );
    const doc = (id: string, key: string) => ({ id, tenant: 't1', name: { key }, size: 2 });
    return {
      close: () => store.close(),
      call: async (round, n) =>
        plan.verb === 'replaceDocument'
          ? things.replace(doc(`replace-${round}`, `replace-${round}`), 1)
          : (await things.insert(doc(`${plan.racer}-${round}-${n}`, `fought-over-${round}`))).inserted,
    };
  }
  const store = await openEphemeralAt(address, plan.now);
  const record = { value: '{}', expiresAt: LATER };
  const verbs: Record<string, (round: number, n: number) => Promise<unknown>> = {
    claim: (round) => store.claim('Code', `c${round}`, plan.now),
    reserve: async (round) =>
      (await store.reserve(`k${round}`, { limit: plan.limit ?? 1, pace: plan.pace }, plan.now, LATER))
        .outcome,
    advance: (round) => store.advance('height', round + 1, LATER, plan.now),
    replace: (round) => store.replace('Race', `r${round}`, record, 1, plan.now),
    takeExpired: async (round) =>
      (await store.takeExpired(`Expired${round}`, LATER, 60, 3)).map(({ id }) => id).join(),
    insert: (round) => store.insert('Once', `o${round}`, record, plan.now),
    merge: (round, n) =>
      store.merge(
        'Merge',
        `m${round}`,
        { ...record, setEntries: { [`p${plan.racer}-${n}`]: '1' }, unsetEntries: [] },
        plan.now,
      ),
  };
  const verb = verbs[plan.verb];
  if (!verb) throw new Error(plan.verb);
  return { close: () => store.close(), call: verb };
}

const { call, close } = await contestant();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const calls = Array.from({ length: plan.perProcess }, (_, n) =>
    call(Number(line), n).then(String, (error) => `${error}`),
  );
  console.log(JSON.stringify(await Promise.all(calls)));
}
await close();

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createJobs, type JobRun, type NewJob } from '../../src/capabilities/jobs/index.ts';
import {
  type Asked,
  createLongOperations,
  type LongOperations,
  type Outcome,
  type Progress,
} from '../../src/capabilities/long-operations/index.ts';
import {
  createLog,
  createSealer,
  createVault,
  SallyportError,
  systemClock,
} from '../../src/foundation/base/index.ts';
import type { Documents } from '../../src/foundation/stores/index.ts';
import { eventually } from '../support/eventually.ts';
import { freshFolder } from '../support/folder.ts';
import { freshDatabase, startMongodb } from '../support/mongodb.ts';
import { openDocumentsAt } from '../support/stores.ts';

const UNFINISHED = fileURLToPath(new URL('../support/unfinished.ts', import.meta.url));
const DAY = 86_400;
const CLAIM = 60;
const key = randomBytes(32);
const vault = createVault(createSealer([key]), Buffer.alloc(32));

let address: string;
let documents: Documents;
let now: number;
const ends: (() => unknown)[] = [];
let mongodb: Awaited<ReturnType<typeof startMongodb>> | undefined;
const clock = { now: () => now };

async function freshAddress(): Promise<string> {
  if (!mongodb) {
    const folder = freshFolder();
    ends.push(folder.remove);
    return `sqlite:${folder.path}`;
  }
  const database = freshDatabase(mongodb);
  ends.push(database.drop);
  return database.url;
}

beforeAll(async () => {
  if (process.env.SALLYPORT_TEST_STORES === 'servers') mongodb = await startMongodb();
});
afterAll(async () => mongodb?.stop());
beforeEach(async () => {
  now = 1_900_000_000;
  address = await freshAddress();
  documents = await openDocumentsAt(address);
});
afterEach(async () => {
  await documents.close();
  for (const end of ends.splice(0)) await end();
});

/** One process of several. What it asks of the queue is kept here, so that a test decides when which of them runs it. */
function worker(queue: NewJob[] = []): LongOperations {
  const jobs = { enqueue: async (job: NewJob) => String(queue.push(job)) };
  return createLongOperations({ documents, jobs, vault, clock, log: createLog('silent') });
}

const asked = (): Asked => ({
  operation: 'policy preview',
  permission: 'edit-policy',
  tenantId: 'tenant',
  by: 'ann',
  request: { mark: 'kept' },
  askedAt: now,
});

type Work = (asked: Asked, progress: Progress) => Promise<Outcome>;

/** Runs a job once, as the queue does. @returns until when it was put off */
async function runOnce(operations: LongOperations, { payload }: NewJob, work: Work) {
  const [handle] = Object.values(operations.jobs(work));
  let postponed: number | undefined;
  const run: JobRun = {
    postpone: (until) => {
      postponed = until;
    },
    giveUp: () => {},
  };
  await handle?.(payload as never, run);
  return postponed;
}

/** An operation that was asked for, and its job. */
async function begun() {
  const queue: NewJob[] = [];
  const operations = worker(queue);
  const id = await operations.ask(asked());
  return { operations, id, job: queue[0] as NewJob };
}

const answers =
  (output: unknown): Work =>
  async () => ({ output });

/** Work that waits until it is let go, and then takes a step. */
function held(output: unknown) {
  const running = Promise.withResolvers<void>();
  const going = Promise.withResolvers<void>();
  const work: Work = async (_, progress) => {
    running.resolve();
    await going.promise;
    await progress(7);
    return { output };
  };
  return { work, running: running.promise, letGo: () => going.resolve() };
}

describe('ADM-6 a long operation', () => {
  test('waits, runs, and is done with what it came to', async () => {
    const { operations, id, job } = await begun();
    expect(await operations.byId(id)).toMatchObject({ state: 'waiting', by: 'ann', begunAt: 0, endedAt: 0 });
    now += 5;
    const { work, running, letGo } = held('all of it');
    const run = runOnce(operations, job, work);
    await running;
    expect(await operations.byId(id)).toMatchObject({ state: 'running', begunAt: now, progress: 0 });
    now += 5;
    letGo();
    await run;
    expect(await operations.byId(id)).toMatchObject({ state: 'done', progress: 7, endedAt: now });
    expect(await operations.outcomeOf(id)).toEqual({ output: 'all of it' });
  });

  test('a refusal of its run is what it came to', async () => {
    const { operations, id, job } = await begun();
    const refused = { code: 'forbidden', values: { permission: 'edit-policy' } } as const;
    await runOnce(operations, job, async () => ({ refused }));
    expect(await operations.byId(id)).toMatchObject({ state: 'refused' });
    expect(await operations.outcomeOf(id)).toEqual({ refused });
  });

  test('an error ends it, and it has no outcome', async () => {
    const { operations, id, job } = await begun();
    await runOnce(operations, job, async () => {
      throw new Error('broken');
    });
    expect(await operations.byId(id)).toMatchObject({ state: 'failed' });
    expect(await operations.outcomeOf(id)).toBeUndefined();
  });

  test('a store that does not answer does not end it: the queue runs it again', async () => {
    const { operations, id, job } = await begun();
    const run = runOnce(operations, job, async () => {
      throw new SallyportError('store_unavailable');
    });
    await expect(run).rejects.toThrow('store_unavailable');
    now += CLAIM;
    await runOnce(operations, job, answers('second'));
    expect(await operations.outcomeOf(id)).toEqual({ output: 'second' });
  });

  test('progress is written at most once a second', async () => {
    const { operations, id, job } = await begun();
    const seen: number[] = [];
    await runOnce(operations, job, async (_, progress) => {
      for (let count = 1; count <= 6; count++) {
        if (count % 3 === 0) now += 1;
        await progress(count);
        seen.push((await operations.byId(id))?.progress ?? -1);
      }
      return { output: null };
    });
    expect(seen).toEqual([0, 0, 3, 3, 3, 6]);
  });

  test('is gone seven days after its end, for those who ask and in the store', async () => {
    const { operations, id, job } = await begun();
    now += DAY;
    await runOnce(operations, job, answers('x'));
    now += 7 * DAY - 1;
    expect(await operations.byId(id)).toBeDefined();
    expect(await operations.clear(10)).toBe(0);
    now += 1;
    expect([await operations.byId(id), await operations.outcomeOf(id)]).toEqual([undefined, undefined]);
    expect((await operations.list({ tenantId: 'tenant' })).items).toEqual([]);
    expect([await operations.clear(10), await operations.clear(10)]).toEqual([1, 0]);
  });
});

describe('P1 of many that run one job', () => {
  test('one does it', async () => {
    const { id, job } = await begun();
    let runs = 0;
    const work: Work = async () => ({ output: ++runs });
    const workers = Array.from({ length: 20 }, () => worker());
    await Promise.all(workers.map((one) => runOnce(one, job, work)));
    expect(runs).toBe(1);
    expect(await worker().outcomeOf(id)).toEqual({ output: 1 });
  });

  test('the others put it off while it runs', async () => {
    const { operations, job } = await begun();
    const { work, running, letGo } = held('first');
    const run = runOnce(operations, job, work);
    await running;
    expect(await runOnce(worker(), job, answers('second'))).toBe(now + CLAIM);
    letGo();
    await run;
    expect(await runOnce(worker(), job, answers('third'))).toBeUndefined();
  });

  test('each step keeps it from the others for another minute', async () => {
    const { operations, id, job } = await begun();
    await runOnce(operations, job, async (_, progress) => {
      for (let count = 1; count <= 3; count++) {
        now += CLAIM - 1;
        await progress(count);
        expect(await runOnce(worker(), job, answers('other'))).toBe(now + CLAIM);
      }
      return { output: 'own' };
    });
    expect(await operations.outcomeOf(id)).toEqual({ output: 'own' });
  });

  test('one that was taken for dead stops at its next step, and what the other came to stands', async () => {
    const { operations, id, job } = await begun();
    const { work, running, letGo } = held('late');
    const run = runOnce(operations, job, work);
    await running;
    now += CLAIM;
    await runOnce(worker(), job, answers('in time'));
    letGo();
    await run;
    expect(await operations.byId(id)).toMatchObject({ state: 'done', progress: 0 });
    expect(await operations.outcomeOf(id)).toEqual({ output: 'in time' });
  });
});

test('ADM-6 a process that is killed while it runs one does not lose it: another finishes it', async () => {
  now = systemClock.now();
  const child = spawn(
    'node',
    ['--disable-warning=ExperimentalWarning', UNFINISHED, address, key.toString('hex')],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await ended;
  const jobs = createJobs({ documents, vault, clock, log: createLog('silent') });
  const operations = createLongOperations({ documents, jobs, vault, clock, log: createLog('silent') });
  const running = await eventually(
    async () => (await operations.list({})).items,
    ([record]) => record?.state === 'running',
  );
  now = systemClock.now() + CLAIM + 1;
  const stop = jobs.start(operations.jobs(async ({ request }) => ({ output: request })));
  const id = running[0]?.id ?? '';
  await eventually(
    () => operations.byId(id),
    (record) => record?.state === 'done',
  );
  await stop();
  expect(await operations.outcomeOf(id)).toEqual({ output: { mark: 'kept' } });
});

test('ADM-6 one that takes its process down each time is given up at the sixth', async () => {
  const { operations, id, job } = await begun();
  for (let run = 1; run <= 5; run++) {
    const { work, running } = held('never');
    void runOnce(worker(), job, work);
    await running;
    now += CLAIM;
  }
  let isRun = false;
  await runOnce(operations, job, async () => {
    isRun = true;
    return { output: null };
  });
  expect(isRun).toBe(false);
  expect(await operations.byId(id)).toMatchObject({ state: 'failed' });
});

test('ADM-6 a crash between the job and the record loses nothing: the job makes the record', async () => {
  const { operations, id, job } = await begun();
  await documents.collection({ name: 'longOperations', indexes: {} }).remove(id);
  await runOnce(operations, job, answers('done'));
  expect(await operations.byId(id)).toMatchObject({ state: 'done', by: 'ann' });
});

describe('ADM-6 cancelling', () => {
  test('one that waits is never run', async () => {
    const { operations, id, job } = await begun();
    expect(await operations.cancel(id)).toBe(true);
    await runOnce(operations, job, answers('done'));
    expect(await operations.byId(id)).toMatchObject({ state: 'cancelled', begunAt: 0 });
  });

  test('one that runs stops at its next step', async () => {
    const { operations, id, job } = await begun();
    const { work, running, letGo } = held('done');
    const run = runOnce(operations, job, work);
    await running;
    expect(await worker().cancel(id)).toBe(true);
    expect(await operations.byId(id)).toMatchObject({ state: 'running' });
    now += 1;
    letGo();
    await run;
    expect(await operations.byId(id)).toMatchObject({ state: 'cancelled', endedAt: now });
    expect(await operations.outcomeOf(id)).toBeUndefined();
  });

  test('one whose process died is not run again', async () => {
    const { operations, id, job } = await begun();
    const { work, running } = held('never');
    void runOnce(operations, job, work);
    await running;
    await operations.cancel(id);
    now += CLAIM;
    await runOnce(worker(), job, answers('again'));
    expect(await operations.byId(id)).toMatchObject({ state: 'cancelled' });
  });

  test('one that has ended stays as it is', async () => {
    const { operations, id, job } = await begun();
    await runOnce(operations, job, answers('done'));
    expect(await operations.cancel(id)).toBe(false);
    expect(await operations.outcomeOf(id)).toEqual({ output: 'done' });
  });
});

test('S79 what it came to is sealed where it is kept, and resealed under another master key', async () => {
  const { operations, id, job } = await begun();
  await runOnce(operations, job, answers('marked-secret'));
  const raw = await documents.collection({ name: 'longOperations', indexes: {} }).get(id);
  expect(JSON.stringify(raw)).not.toContain('marked-secret');
  expect(await operations.reseal()).toBe(0);
  const newer = randomBytes(32);
  const under = (keys: Buffer[]) =>
    createLongOperations({
      documents,
      jobs: { enqueue: async () => '' },
      vault: createVault(createSealer(keys), Buffer.alloc(32)),
      clock,
      log: createLog('silent'),
    });
  expect(await under([newer, key]).reseal()).toBe(1);
  expect(await under([newer]).outcomeOf(id)).toEqual({ output: 'marked-secret' });
});

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../src/capabilities/audit/index.ts';
import { createJobs, type Jobs } from '../../src/capabilities/jobs/index.ts';
import { createMail, MAIL_JOB } from '../../src/capabilities/mail/index.ts';
import { createLog, createSealer, createVault } from '../../src/foundation/base/index.ts';
import {
  type Ephemeral,
  openSqliteDocuments,
  openSqliteEphemeral,
} from '../../src/foundation/stores/index.ts';
import { eventually } from '../support/eventually.ts';
import { freshFolder } from '../support/folder.ts';
import { startMailServer } from '../support/mail-server.ts';
import { passTimers } from '../support/time.ts';

let folder: ReturnType<typeof freshFolder>;
let documents: ReturnType<typeof openSqliteDocuments>;
let ephemeral: Ephemeral;
let now: number;
const audited: AuditEvent[] = [];
const ANN = { tenantId: 'tenant', accountId: 'ann' };
const TO_ANN = { id: ANN.accountId, tenantId: ANN.tenantId, userName: 'ann', email: 'ann@site.example' };
const LETTER: Record<string, string> = {
  'mail.greeting.subject': 'Grüße',
  'mail.greeting.text': 'Zeile 1\n\nhttp://localhost/x?token=abc',
};
const stops: (() => Promise<void>)[] = [];
const sealer = createSealer([randomBytes(32)]);
const clock = { now: () => now };
beforeEach(() => {
  audited.length = 0;
  now = 1_000_000;
  folder = freshFolder();
  documents = openSqliteDocuments(`${folder.path}/documents.sqlite`);
  ephemeral = openSqliteEphemeral(`${folder.path}/ephemeral.sqlite`, now);
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await documents.close();
  await ephemeral.close();
  folder.remove();
});

/** One process of several, as far as jobs can tell. */
const worker = (): Jobs =>
  createJobs({ documents, vault: createVault(sealer, Buffer.alloc(32)), clock, log: createLog('silent') });
function start(jobs: Jobs, handlers: Parameters<Jobs['start']>[0]) {
  const stop = jobs.start(handlers);
  stops.push(stop);
  return stop;
}
const stored = async () => {
  const collection = documents.collection<{ id: string; dueAt: number; attempts: number; sealed: string }>({
    name: 'jobs',
    indexes: { lane: { fields: ['lane', 'dueAt'] } },
  });
  return (await collection.page({ index: 'lane', limit: 500 })).items.map(({ doc }) => doc);
};
const mailThrough = (jobs: Jobs, url: string | undefined, from: string | undefined) =>
  createMail({
    settings: { url, from },
    mailbox: undefined,
    jobs,
    ephemeral,
    clock,
    audit: { write: async (event) => void audited.push(event) },
    say: (key) => LETTER[key] ?? '',
  });
const whenGone = () => eventually(stored, (jobs) => jobs.length === 0);

describe('the queue', () => {
  test('each job is run once, by one of several processes', async () => {
    const runs: number[] = [];
    const handlers = {
      count: async ({ n }: { n: number }) => {
        runs.push(n);
      },
    };
    const [first, second, third] = [worker(), worker(), worker()];
    for (const one of [first, second, third]) start(one, handlers);
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => first.enqueue({ kind: 'count', payload: { n } })),
    );
    await whenGone();
    expect(runs.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  test('nothing is run before it is due', async () => {
    const jobs = worker();
    const runs: string[] = [];
    start(jobs, {
      say: async ({ word }: { word: string }) => {
        runs.push(word);
      },
    });
    await jobs.enqueue({ kind: 'say', payload: { word: 'later' }, dueAt: now + 60 });
    await jobs.enqueue({ kind: 'say', payload: { word: 'now' } });
    await eventually(
      () => runs.length,
      (n) => n > 0,
    );
    expect(runs).toEqual(['now']);
    now += 60;
    await whenGone();
    expect(runs).toEqual(['now', 'later']);
  });

  test('one that fails is tried again, later each time, and given up when it is no longer wanted', async () => {
    const jobs = worker();
    const at: number[] = [];
    start(jobs, {
      fail: async () => {
        at.push(now - 1_000_000);
        throw new Error('not yet');
      },
    });
    await jobs.enqueue({ kind: 'fail', payload: {}, giveUpAt: now + 60 });
    for (const [n, pause] of [5, 10, 20].entries()) {
      const [job] = await eventually(
        stored,
        ([found]) => found?.attempts === n + 1 && found.dueAt === now + pause,
      );
      now = job?.dueAt ?? 0;
    }
    await whenGone();
    expect(at).toEqual([0, 5, 15, 35]);
  });

  test('one whose process died is run again by another, once its minute is over', async () => {
    const dying = worker();
    const hangs = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const stop = start(dying, {
      work: () => {
        begun.resolve();
        return hangs.promise;
      },
    });
    await dying.enqueue({ kind: 'work', payload: {} });
    await begun.promise;
    const ended = stop();
    const runs: number[] = [];
    const jobs = worker();
    start(jobs, {
      work: async () => {
        runs.push(now);
      },
      mark: async () => {},
    });
    await jobs.enqueue({ kind: 'mark', payload: {} });
    await eventually(stored, (left) => left.length === 1);
    expect(runs).toEqual([]);
    now += 60;
    await whenGone();
    expect(runs).toEqual([1_000_060]);
    hangs.resolve();
    await ended;
  });

  test('S78 X7 a stop does not wait for ever for a job that never ends; another process runs it after its lease', async () => {
    const jobs = worker();
    const begun = Promise.withResolvers<void>();
    const stop = start(jobs, {
      work: () => {
        begun.resolve();
        return new Promise<never>(() => {});
      },
    });
    await jobs.enqueue({ kind: 'work', lane: 'outside', payload: {} });
    await begun.promise;
    await passTimers(8, stop);
    const runs: number[] = [];
    start(worker(), {
      work: async () => {
        runs.push(now);
      },
    });
    now += 60;
    await whenGone();
    expect(runs).toEqual([1_000_060]);
  });

  test('F22 jobs of one lane do not wait for those of another, nor for a slow one beside them', async () => {
    const jobs = worker();
    const hangs = Promise.withResolvers<void>();
    const done: string[] = [];
    start(jobs, {
      slow: () => hangs.promise,
      quick: async ({ name }: { name: string }) => {
        done.push(name);
      },
    });
    for (let n = 0; n < 15; n++) await jobs.enqueue({ kind: 'slow', lane: 'outside', payload: {} });
    await jobs.enqueue({ kind: 'quick', lane: 'outside', payload: { name: 'beside' } });
    await eventually(
      () => done,
      (names) => names.includes('beside'),
    );
    await jobs.enqueue({ kind: 'slow', lane: 'outside', payload: {} });
    await jobs.enqueue({ kind: 'quick', payload: { name: 'inside' } });
    await eventually(
      () => done,
      (names) => names.includes('inside'),
    );
    hangs.resolve();
    await whenGone();
  });

  test('one that is postponed runs again at its time, and has not failed', async () => {
    const jobs = worker();
    const at: number[] = [];
    start(jobs, {
      work: async (_: object, { postpone }: { postpone(until: number): void }) => {
        at.push(now - 1_000_000);
        if (at.length < 3) postpone(now + 1_000);
      },
    });
    await jobs.enqueue({ kind: 'work', payload: {} });
    for (const runs of [1, 2]) {
      const wanted = ([job]: { dueAt: number; attempts: number }[]) =>
        at.length === runs && job?.dueAt === now + 1_000 && job.attempts === 0;
      await eventually(stored, wanted);
      now += 1_000;
    }
    await whenGone();
    expect(at).toEqual([0, 1_000, 2_000]);
  });

  test('S79 what a job carries is sealed where it is kept, and resealed under another master key', async () => {
    const jobs = worker();
    await jobs.enqueue({ kind: 'mail', payload: { text: 'marked-secret' }, dueAt: now + 60 });
    expect(JSON.stringify(await stored())).not.toContain('marked-secret');
    expect(await jobs.reseal()).toBe(0);
  });
});

describe('mail over SMTP', () => {
  test('PWD-15 a message arrives as it was written, over STARTTLS and with a password', async () => {
    const server = await startMailServer();
    stops.push(server.close);
    const jobs = worker();
    const mail = mailThrough(jobs, server.url, 'Sallyport <door@site.example>');
    start(jobs, { [MAIL_JOB]: mail.deliver });
    expect(mail.isConfigured).toBe(true);
    await mail.notify(TO_ANN, 'greeting');
    const [message] = await eventually(
      () => server.messages,
      (all) => all.length === 1,
    );
    expect(message).toMatchObject({
      from: 'door@site.example',
      to: ['ann@site.example'],
      isEncrypted: true,
      user: 'sallyport',
    });
    expect(message?.text).toContain('http://localhost/x?token=abc');
    // RFC 3834, section 5.
    expect(message?.text).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
    await whenGone();
  });

  test('a server that is down or refuses is tried again until it takes the message', async () => {
    const server = await startMailServer({ refusals: 2 });
    stops.push(server.close);
    const jobs = worker();
    const mail = mailThrough(jobs, server.url, 'door@site.example');
    start(jobs, { [MAIL_JOB]: mail.deliver });
    await mail.notify(TO_ANN, 'greeting');
    for (let n = 1; n <= 2; n++) {
      const [job] = await eventually(
        stored,
        ([found]) => found?.attempts === n && found.dueAt > now && found.dueAt < now + 60,
      );
      now = job?.dueAt ?? now;
    }
    await whenGone();
    expect(server.messages).toHaveLength(1);
  });

  test.each([
    ['RCPT', 550],
    ['DATA', 554],
    ['DATA', 500],
  ] as const)(
    'OPS-2 a reply to %s of %i is final: it is told of the person, and the message not sent again',
    async (at, reply) => {
      const server = await startMailServer({ refusals: 1, reply, at });
      stops.push(server.close);
      const jobs = worker();
      const mail = mailThrough(jobs, server.url, 'door@site.example');
      start(jobs, { [MAIL_JOB]: mail.deliver });
      await mail.notify(TO_ANN, 'greeting');
      await whenGone();
      expect(audited).toMatchObject([
        { ...ANN, type: 'mail.refused', outcome: 'failure', detail: { reply } },
      ]);
      expect([server.messages, await mail.isDelayed()]).toEqual([[], false]);
    },
  );

  test.each([
    ['RCPT', 450],
    ['DATA', 499],
  ] as const)('OPS-2 a reply to %s of %i is not: the message is sent again later', async (at, reply) => {
    const server = await startMailServer({ refusals: 1, reply, at });
    stops.push(server.close);
    const jobs = worker();
    const mail = mailThrough(jobs, server.url, 'door@site.example');
    start(jobs, { [MAIL_JOB]: mail.deliver });
    await mail.notify(TO_ANN, 'greeting');
    const [job] = await eventually(stored, ([found]) => found?.dueAt === now + 5);
    now = job?.dueAt ?? now;
    await whenGone();
    expect([server.messages.length, audited]).toEqual([1, []]);
  });

  test('a password that the server refuses loses no message', async () => {
    const server = await startMailServer();
    stops.push(server.close);
    const jobs = worker();
    const mail = mailThrough(jobs, server.url.replace(/:[^:@]+@/, ':wrong@'), 'door@site.example');
    start(jobs, { [MAIL_JOB]: mail.deliver });
    await mail.notify(TO_ANN, 'greeting');
    await eventually(stored, ([found]) => found?.dueAt === now + 5);
    expect([await mail.isDelayed(), audited]).toEqual([true, []]);
  });

  test('a message that is of no use any more is not sent', async () => {
    const server = await startMailServer();
    stops.push(server.close);
    const jobs = worker();
    const mail = mailThrough(jobs, server.url, 'door@site.example');
    await mail.notify(TO_ANN, 'greeting', {}, { giveUpAt: now + 1_800 });
    now += 1_800;
    start(jobs, { [MAIL_JOB]: mail.deliver });
    await whenGone();
    expect(server.messages).toEqual([]);
  });

  test('without a server nothing is kept, and what asks knows', async () => {
    const jobs = worker();
    const mail = mailThrough(jobs, undefined, undefined);
    await mail.notify(TO_ANN, 'greeting');
    expect(mail.isConfigured).toBe(false);
    expect(await stored()).toEqual([]);
  });
});

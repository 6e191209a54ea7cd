import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AuditEntry } from '../../src/capabilities/audit/index.ts';
import { isIn } from '../support/app.ts';
import { Browser, type Shown } from '../support/browser.ts';
import { type Instances, prepareEmbeddedInstances, prepareInstances } from '../support/instances.ts';
import { PASSWORD } from '../support/site.ts';
import { type Story, story } from '../support/story.ts';

const WRONG = 'wrong 123456';
const PAIRS: [string, () => Promise<Instances>][] = [
  ['SQLite', () => prepareEmbeddedInstances(2)],
  ['MongoDB and Redis', () => prepareInstances(2)],
];

describe.each(PAIRS)('two processes on %s', (_name, prepare) => {
  let instances: Instances;
  beforeAll(async () => {
    instances = await prepare();
    await Promise.all([instances.start(0), instances.start(1)]);
  });
  afterAll(() => instances.close());

  /** As many browsers, each at the password page of a sign-in of its own. */
  const browsers = async (tale: Story, count: number): Promise<Browser[]> => {
    const opened: Browser[] = [];
    // Opened a few at a time: it is the guesses that come all at once.
    while (opened.length < count) {
      const batch = Array.from({ length: 20 }, () => new Browser(instances.issuer));
      await Promise.all(batch.map(async (browser) => browser.open(await tale.relying.request())));
      opened.push(...batch);
    }
    return opened;
  };
  const typeAll = (tale: Story, all: Browser[], password: string, userName = tale.account.userName) =>
    Promise.all(
      all.map(async (browser): Promise<Shown> => {
        const fields = { clientCode: tale.tenant.clientCode, userName, password };
        let page = await browser.submit(fields, '/password');
        // Too many at once is no answer: nothing was checked or counted, and the person tries again.
        for (let i = 0; page.status === 503 && i < 20; i++) {
          await browser.open(await tale.relying.request());
          page = await browser.submit(fields, '/password');
        }
        return page;
      }),
    );
  const tries = async (tale: Story): Promise<AuditEntry[]> =>
    (await instances.core.audit.ofAccount(tale.account.id, 500)).filter((e) => e.type === 'sign-in.password');

  test('V1 V2 of 200 wrong passwords at once 5 are checked, the account is locked, and every other is refused', async () => {
    const tale = await story(instances);
    const pages = await typeAll(tale, await browsers(tale, 200), WRONG);
    const others = pages.filter(({ step }) => step !== 'password' && step !== 'locked');
    expect(others.map(({ status, step, alert }) => [status, step, alert])).toEqual([]);
    const entries = await tries(tale);
    expect(entries.filter(({ outcome }) => outcome === 'failure')).toHaveLength(5);
    const refused = entries.filter(({ outcome }) => outcome === 'refused');
    expect(refused.every(({ reason }) => reason === 'locked')).toBe(true);
    expect((await instances.reread(tale.account)).lock?.cause).toBe('password');
    await tale.begin();
    expect((await tale.typePassword(PASSWORD)).step).toBe('locked');
  });

  test('LCK-6 LCK-4 of 200 at once for an unknown name as many are checked, and it is “locked” for both processes', async () => {
    const tale = await story(instances);
    await typeAll(tale, await browsers(tale, 200), WRONG, 'unknown-at-all');
    for (let i = 0; i < 2; i++) {
      await tale.begin();
      expect((await tale.typePassword(WRONG, 'unknown-at-all')).step).toBe('locked');
    }
  });

  test('LCK-6 P12 right passwords at once all succeed', async () => {
    const tale = await story(instances);
    const pages = await typeAll(tale, await browsers(tale, 60), PASSWORD);
    expect(pages.filter(isIn)).toHaveLength(60);
  });
});

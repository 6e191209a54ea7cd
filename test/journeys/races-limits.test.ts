import { describe, expect, test } from '@jest/globals';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import type { RelyingApplication } from '../support/application.ts';
import { storm, times } from '../support/at-once.ts';
import { Browser } from '../support/browser.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

/** As many browsers, each with a sign-in of its own at the password page. */
function browsersAt(relying: RelyingApplication, n: number): Promise<Browser[]> {
  return times(n, async () => {
    const browser = new Browser(server.issuer);
    await browser.open(await relying.request());
    return browser;
  });
}

describe('limits, however many try at the same moment', () => {
  const audit = async (accountId: string) =>
    (await server.core.audit.ofAccount(accountId, 500)).filter((e) => e.type === 'sign-in.password');

  test('R5 V1 60 wrong passwords at once are checked at most 5 times, and the account is locked', async () => {
    const { account, tenant, relying } = await story(server);
    const pages = await browsersAt(relying, 60);
    await Promise.all(
      pages.map((b) =>
        b.submit({ clientCode: tenant.clientCode, userName: account.userName, password: 'wrong 123456' }),
      ),
    );
    expect(pages.every((b) => b.page.status === 200 && ['password', 'locked'].includes(b.page.step))).toBe(
      true,
    );
    const entries = await audit(account.id);
    expect(entries.filter((e) => e.outcome === 'failure')).toHaveLength(5);
    // Those that repeat are one entry with their count (X18).
    const refused = entries.filter((e) => e.outcome === 'refused').map((e) => Number(e.detail.repeats ?? 1));
    expect(refused.reduce((sum, count) => sum + count, 0)).toBe(55);
    expect((await server.reread(account)).lock?.cause).toBe('password');
  });

  test('R6 P12 50 right passwords at once all succeed', async () => {
    const { account, tenant, relying } = await story(server);
    const browsers = await browsersAt(relying, 50);
    await Promise.all(
      browsers.map((b) =>
        b.submit({ clientCode: tenant.clientCode, userName: account.userName, password: PASSWORD }),
      ),
    );
    expect(browsers.filter((b) => isIn(b.page))).toHaveLength(50);
  });

  test('R7 40 wrong and 10 right at once: never more than 5 wrong ones are checked between two right ones', async () => {
    const { account, tenant, relying } = await story(server);
    const browsers = await browsersAt(relying, 50);
    await Promise.all(
      browsers.map((b, i) =>
        b.submit({
          clientCode: tenant.clientCode,
          userName: account.userName,
          password: i % 5 === 0 ? PASSWORD : 'wrong 123456',
        }),
      ),
    );
    const entries = await audit(account.id);
    let inARow = 0;
    for (const { outcome, detail } of entries) {
      if (outcome === 'failure') {
        inARow = Number(detail.failures);
        expect(inARow).toBeLessThanOrEqual(5);
      }
    }
    expect(entries.some((e) => e.outcome === 'failure')).toBe(true);
  });

  test('R5 S21 30 wrong codes at once are checked at most 5 times', async () => {
    const tale = await story(server, { person: { totpSecret: SECRET } });
    await tale.begin();
    const page = await tale.typePassword();
    const answers = await storm(tale.browser, page, 'second-factor', () => ({ code: '000000' }), 30);
    expect(answers.every((a) => a.status === 303)).toBe(true);
    const entries = (await server.core.audit.ofAccount(tale.account.id, 100)).filter(
      (e) => e.type === 'sign-in.second-factor',
    );
    expect(entries.filter((e) => e.outcome === 'failure').length).toBeLessThanOrEqual(5);
    expect((await server.reread(tale.account)).lock?.cause).toBe('second-factor');
  });
});

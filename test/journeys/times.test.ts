import { describe, expect, test } from '@jest/globals';
import { longDate, longTime } from '../../src/foundation/base/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { SECRET } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { anAddress, mailTo } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { type Story, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const ZONE = 'Asia/Kolkata';
const INSTANT = /\d{4}-\d\d-\d\dT/;

const server = serverForAll();
clockForEach();

const there = policyWith({
  locale: { timeZone: ZONE },
  password: { forgottenByMail: true, expireAfterDays: 90 },
  secondFactor: { loginCodes: true, mode: 'voluntary' },
});

/** A person with a mailbox at a site in another time zone. */
async function far(): Promise<Story & { email: string }> {
  const email = anAddress();
  const tenant = await server.tenant('livevox', there);
  return { ...(await story(server, { tenant, person: { email, totpSecret: SECRET } })), email };
}

describe('times are told in words, in the time zone of the site', () => {
  test('SGN-8 in the mail with a link that the person asked for', async () => {
    const { tenant, account, email } = await far();
    const browser = new Browser(server.issuer);
    await browser.open('/recover?population=user');
    const { clientCode } = tenant;
    await browser.submit({ clientCode, userName: account.userName, population: 'user' });
    const text = await mailTo(server, email, server.core.say('mail.reset.subject'));
    expect(text).toContain(`until ${longTime(nowSeconds() + 1_800, ZONE)}:`);
    expect(text).not.toMatch(INSTANT);
  });

  test('SGN-8 in the mail with a link from an administrator', async () => {
    const { tenant, account, email } = await far();
    await server.changePolicy(tenant, { 'password.setByOthers': 'link' });
    await administer(server, operations.account.setPassword, account, {});
    const text = await mailTo(server, email, server.core.say('mail.set-password.subject'));
    expect(text).toContain(`until ${longTime(nowSeconds() + 72 * 3_600, ZONE)}:`);
    expect(text).not.toMatch(INSTANT);
  });

  test('SGN-8 in the mail about a login code', async () => {
    const { account, email } = await far();
    const made = await administer(server, operations.account.makeLoginCode, account, {
      reason: 'lost phone',
    });
    const text = await mailTo(server, email, server.core.say('mail.login-code-made.subject'));
    expect(text).toContain(`until ${longTime(made.expiresAt, ZONE)}.`);
    expect(text).not.toMatch(INSTANT);
  });

  test('SGN-8 on the account pages', async () => {
    const email = anAddress();
    const tenant = await server.tenant('livevox', there);
    const tale = await story(server, { tenant, person: { email } });
    await tale.begin();
    await tale.typePassword();
    const setAt = (await server.reread(tale.account)).password?.setAt ?? 0;
    const overview = await tale.browser.open('/account');
    expect(overview.html).toContain(longDate(setAt, ZONE));
    expect(overview.html).toContain(longDate(setAt + 90 * 86_400, ZONE));
    const sessions = await tale.browser.open('/account/sessions');
    expect(sessions.html).toContain(longTime(nowSeconds(), ZONE));
    for (const page of [overview, sessions])
      expect(page.dom.querySelector('main')?.text).not.toMatch(INSTANT);
  });

  test('SGN-8 no room that writes to people uses the form for machines', async () => {
    const { readFileSync, readdirSync } = await import('node:fs');
    const folders = [
      'doors/recovery',
      'use-cases/administration',
      'use-cases/credentials',
      'capabilities/second-factor',
      'doors/self-service',
      'doors/set-up',
      'doors/sign-in',
    ];
    const files = folders.flatMap((folder) =>
      (readdirSync(`src/${folder}`, { recursive: true }) as string[])
        .filter((file) => file.endsWith('.ts'))
        .map((file) => `src/${folder}/${file}`),
    );
    // `account why` answers a command, and the export of the audit is for programs.
    expect(files.filter((file) => readFileSync(file, 'utf8').includes('rfc3339('))).toEqual([
      'src/use-cases/administration/why.ts',
      'src/use-cases/administration/audit/files.ts',
    ]);
  });
});

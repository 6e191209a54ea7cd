import { describe, expect, test } from '@jest/globals';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

const asks = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]));

async function consent(extra: Record<string, string>) {
  const tale = await story(server, { isFirstParty: false });
  await tale.begin(extra);
  expect((await tale.typePassword()).step).toBe('consent');
  return {
    ...tale,
    shown: () => tale.browser.page.dom.querySelectorAll('ul.scopes li').map((li) => li.text),
  };
}

const SENTENCES: [string, string][] = [
  ['name', 'See your name'],
  ['preferred_username', 'See your user name'],
  ['tenant', 'See the client code of your site'],
  ['population', 'See whether you are a user or an agent'],
  ['role', 'See your role'],
  ['email', 'See your email address'],
  ['email_verified', 'See whether your email address was verified'],
];

describe('everything that is granted stands on the page', () => {
  test.each(['userinfo', 'id_token'])(
    'SEC-4 X6 each claim of %s stands on the page in words',
    async (where) => {
      const claims = JSON.stringify({ [where]: asks(SENTENCES.map(([name]) => name)) });
      const { shown } = await consent({ scope: 'openid', claims });
      for (const [, sentence] of SENTENCES) expect(shown()).toContain(sentence);
    },
  );

  test('SEC-4 X6 what a later request asks for besides is asked again, and only that', async () => {
    const { shown, browser, begin, relying } = await consent({ scope: 'openid' });
    expect(shown()).toEqual(['Know who you are, and when and how you signed in']);
    const first = await relying.exchange((await browser.submit({ decision: 'allow' }, '/consent')).url);
    expect(await relying.userinfo(first)).not.toHaveProperty('email');
    const claims = JSON.stringify({ userinfo: { email: null } });
    expect((await begin({ scope: 'openid', claims })).step).toBe('consent');
    expect(shown()).toEqual(['See your email address']);
    const second = await relying.exchange((await browser.submit({ decision: 'allow' }, '/consent')).url);
    expect(await relying.userinfo(second)).not.toHaveProperty('name');
  });

  test('SEC-4 X6 prompt=consent shows again all that was granted, claims too', async () => {
    const request = { scope: 'openid offline_access', claims: JSON.stringify({ userinfo: { role: null } }) };
    const { shown, browser, begin } = await consent({ ...request, prompt: 'consent' });
    const before = shown();
    expect(before).toContain('See your role');
    expect(before.join()).toContain('while you are away');
    await browser.submit({ decision: 'allow' }, '/consent');
    await begin({ ...request, prompt: 'consent' });
    expect(shown()).toEqual(before);
  });

  test('SEC-4 X6 names that we do not know are neither shown nor granted', async () => {
    const claims = JSON.stringify({ userinfo: { password: null, address: null } });
    const { shown, browser, relying } = await consent({ scope: 'openid unknown', claims, prompt: 'consent' });
    expect(shown()).toHaveLength(1);
    const tokens = await relying.exchange((await browser.submit({ decision: 'allow' }, '/consent')).url);
    expect(Object.keys(await relying.userinfo(tokens)).sort()).toEqual(['sub']);
  });
});

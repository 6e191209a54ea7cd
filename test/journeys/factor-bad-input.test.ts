import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { refusalOf } from '../support/administration.ts';
import { CALLBACK, PASSWORD, SECRET } from '../support/app.ts';
import { withMail, withRecoveryCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
let people = 0;

async function atTheCode() {
  const email = `bad${++people}@site.example`;
  const tenant = await server.tenant(
    'cloudcx',
    policyWith({
      lockout: { secondFactor: 9 },
      secondFactor: { waitFrom: null },
    }),
  );
  const tale = await story(server, { tenant, person: { totpSecret: SECRET, email } });
  await tale.begin();
  await tale.typePassword(PASSWORD, email);
  return { ...tale, email };
}

describe('SEC-3 the field for codes', () => {
  test.each([
    '12345',
    '1234567',
    'abcdef',
    '1234five',
    '٠١٢٣٤٥',
    'AAAA-AAAA-AAAA',
    '\u202e123456',
    '<script>alert(1)</script>',
    '123456; DROP TABLE accounts',
    '1'.repeat(4_000),
  ])('%.20j is a wrong code: it counts, is not shown again, and the sign-in goes on', async (code) => {
    const tale = await atTheCode();
    const page = await tale.browser.submit({ code }, '/second-factor');
    expect(page).toMatchObject({ step: 'second-factor', status: 200 });
    expect(page.alert).toContain('not accepted');
    expect(page.html).not.toContain(code);
    expect(await server.wrongCodes(tale.account)).toBe(1);
    expect((await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor')).url).toContain(CALLBACK);
  });

  test('ten thousand characters are refused before anything is looked at, and cost nothing', async () => {
    const tale = await atTheCode();
    const page = await tale.browser.submit({ code: '1'.repeat(10_000) }, '/second-factor');
    expect(page.status).toBe(400);
    expect(await server.wrongCodes(tale.account)).toBe(0);
  });

  test.each([
    [
      'full-width digits',
      (code: string) => code.replace(/\d/g, (d) => String.fromCharCode(0xff10 + Number(d))),
    ],
    ['spaces', (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `],
    ['dashes', (code: string) => `${code.slice(0, 2)}-${code.slice(2, 4)}–${code.slice(4)}`],
  ])('%s are read as they are meant', async (_, write) => {
    const tale = await atTheCode();
    expect((await tale.browser.submit({ code: write(codeOf(SECRET)) }, '/second-factor')).url).toContain(
      CALLBACK,
    );
  });

  test('TEN-1 a recovery code of another account is a wrong one, and stays good for its owner', async () => {
    const tale = await atTheCode();
    const other = await atTheCode();
    await withRecoveryCodes(server, tale.account, 2);
    const [theirs = ''] = await withRecoveryCodes(server, other.account, 2);
    expect((await tale.browser.submit({ code: theirs }, '/second-factor')).step).toBe('second-factor');
    expect((await other.browser.submit({ code: theirs }, '/second-factor')).url).toContain(CALLBACK);
  });
});

describe('SEC-3 what else is posted', () => {
  test.each(['carrier-pigeon', 'hardware', 'mail', '', '__proto__', 'slip'])(
    'a method that the person has not, %j, changes nothing',
    async (method) => {
      const tale = await atTheCode();
      const page = await tale.browser.post(`${tale.browser.page.url}/method`, { method });
      expect(page).toMatchObject({ step: 'second-factor', status: 200 });
      expect(page.dom.querySelector('.lead')?.text).toContain('authenticator app');
    },
  );

  test('V12 no code is mailed to a person without codes by mail, nor to an address that the form names', async () => {
    const tale = await atTheCode();
    await tale.browser.post(`${tale.browser.page.url}/mail-code`, { email: 'thief@evil.example' });
    await withMail(server, tale.account, tale.email);
    await tale.browser.post(`${tale.browser.page.url}/method`, {
      method: 'mail',
      email: 'thief@evil.example',
    });
    expect(tale.browser.page.html).toContain('@site.example');
    expect(server.mailbox.messages.filter(({ to }) => to === 'thief@evil.example')).toEqual([]);
  });

  test('SGN-2 steps that are not due do nothing: recovery codes, their file, an activation', async () => {
    const tale = await atTheCode();
    const { url } = tale.browser.page;
    for (const [step, fields] of [
      ['recovery-codes', { decision: 'generate' }],
      ['recovery-codes-file', {}],
      ['activate', { code: codeOf(SECRET) }],
      ['passkey', { passkey: '{}' }],
      ['continue', {}],
    ] as const)
      expect((await tale.browser.post(`${url}/${step}`, fields)).step).toBe('second-factor');
    expect((await server.reread(tale.account)).secondFactor.recoveryCodes).toBeNull();
    expect(await server.wrongCodes(tale.account)).toBe(0);
  });

  test.each(['ann@site.example\r\nBcc: all@evil.example', 'a b@site.example', '<ann@site.example>'])(
    'an address that could add to a mail is no address: %j',
    async (email) => {
      const tenant = await server.tenant('livevox');
      const person = { population: 'user', userName: `p${++people}`, email, role: 'Agent' } as const;
      expect(await refusalOf(server, operations.account.create, tenant, person)).toMatchObject({
        code: 'email_invalid',
      });
    },
  );

  test('V13 the cookies of a sign-in say nothing and carry a MAC: one that is made up opens no page of it', async () => {
    const tale = await atTheCode();
    const { url } = tale.browser.page;
    const cookies = await tale.browser.jar.getCookies(url);
    const interaction = cookies.find(({ key }) => key === 'sallyport_interaction');
    expect(interaction?.value).not.toContain(tale.account.id);
    for (const forged of [tale.account.id, Buffer.from(tale.account.id).toString('base64url'), 'x']) {
      await tale.browser.jar.setCookie(`sallyport_interaction=${forged}; Path=${new URL(url).pathname}`, url);
      expect((await tale.browser.open(url)).status).toBe(400);
    }
  });
});

describe('SEC-3 on the page of the account', () => {
  test('an id that is none, or another person’s, turns nothing off', async () => {
    const tale = await atTheCode();
    await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
    const other = await atTheCode();
    const [theirs] = (await server.reread(other.account)).secondFactor.authenticators;
    for (const id of [theirs?.id ?? '', 'x', '..%2f', '%00']) {
      const page = await tale.browser.open(`/account/second-factor/turn-off/${id}`);
      expect([200, 400, 404]).toContain(page.status);
      await tale.browser.post(`${server.issuer}/account/second-factor/turn-off/${id}`, {
        code: codeOf(SECRET),
      });
    }
    for (const { account } of [tale, other])
      expect((await server.reread(account)).secondFactor.authenticators).toHaveLength(1);
    expect(await server.wrongCodes(tale.account)).toBe(0);
  });

  test('S67 the page to come back to after a mailed code is one of ours', async () => {
    const tale = await atTheCode();
    await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
    for (const page of [
      'https://evil.example/',
      '//evil.example',
      '/oauth2/logout',
      '/account/password/../..',
    ]) {
      await tale.browser.open('/account');
      const shown = await tale.browser.post(`${server.issuer}/account/mail-code`, { page });
      expect(new URL(shown.url).pathname).toBe('/account/second-factor');
    }
  });

  test('every post of another site is refused', async () => {
    const tale = await atTheCode();
    await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
    for (const path of [
      'second-factor/set-up/app',
      'second-factor/set-up/app/finish',
      'second-factor/recovery-codes',
      'second-factor/recovery-codes/read',
      'second-factor/recovery-codes/file',
      'mail-code',
      'trusted-browsers',
      'other-sessions',
    ]) {
      const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
      expect((await tale.browser.post(`${server.issuer}/account/${path}`, {}, headers)).status).toBe(403);
      expect((await tale.browser.post(`${server.issuer}/account/${path}`, {}, {})).status).toBe(403);
    }
  });
});

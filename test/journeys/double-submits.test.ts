import { describe, expect, test } from '@jest/globals';
import type { Policy } from '../../src/capabilities/tenants/index.ts';
import { passwordLink } from '../support/administration.ts';
import { CALLBACK, isIn, PASSWORD, SECRET } from '../support/app.ts';
import { passkeyOptions, SoftwarePasskey } from '../support/authenticator.ts';
import { anAddress, mailedCodes, withMail, withRecoveryCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import type { NewPerson } from '../support/site.ts';
import { codeOf, type Story, shownSecret, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const NEW = 'brand new words 4';
const newPasswords = { newPassword: NEW, newPasswordAgain: NEW };

async function person(
  options: { person?: NewPerson; policy?: (policy: Policy) => Policy; isFirstParty?: boolean } = {},
): Promise<Story> {
  const policy = options.policy ?? ((one: Policy) => one);
  const tenant = await server.tenant('vcc-live', (one) =>
    policy({ ...one, secondFactor: { ...one.secondFactor, recoveryCodes: 10, trustDays: 30 } }),
  );
  const { isFirstParty = true } = options;
  return story(server, { tenant, isFirstParty, person: { email: anAddress(), ...options.person } });
}

const typed = ({ tenant, account }: Story) => ({
  clientCode: tenant.clientCode,
  userName: account.userName,
  password: PASSWORD,
});

interface Ready {
  tale: Story;
  /** Ends in this path where one post leads. */
  form: string;
  fields: Record<string, string>;
  ends(landed: { url: string; step: string; status: number }, tale: Story): Promise<void> | void;
}

const arrives = (landed: { url: string }) => expect(isIn(landed)).toBe(true);
const at = (path: string) => (landed: { url: string; status: number }) => {
  expect(landed.status).toBe(200);
  expect(new URL(landed.url).pathname).toBe(path);
};
const step = (name: string) => (landed: { step: string }) => expect(landed.step).toBe(name);
const here = ({ browser }: Story, form: string) => `${browser.page.url}/${form}`;

async function atHome(options: Parameters<typeof person>[0] = {}): Promise<Story> {
  const tale = await person(options);
  await tale.begin();
  await tale.typePassword();
  if (tale.browser.page.step === 'second-factor')
    await tale.browser.submit({ code: codeOf(SECRET, -1) }, '/second-factor');
  return tale;
}

async function withPasskey(): Promise<{ tale: Story; passkey: SoftwarePasskey }> {
  const tale = await person({
    policy: policyWith({
      secondFactor: { mode: 'required', methods: ['passkey', 'app'], recoveryCodes: null },
      signIn: { methods: ['password', 'passkey'] },
    }),
  });
  const passkey = new SoftwarePasskey();
  await tale.begin();
  await tale.typePassword();
  const page = await tale.browser.submit({ method: 'passkey' }, '/method');
  const answer = passkey.create(passkeyOptions(page), { origin: server.issuer });
  await tale.browser.submit({ passkey: answer, name: 'desk key' }, '/activate');
  const mark = (await tale.browser.jar.getCookies(server.issuer)).find(
    ({ key }) => key === 'sallyport_passkey',
  );
  await tale.browser.jar.removeAllCookies();
  if (mark) await tale.browser.jar.setCookie(mark, server.issuer);
  return { tale, passkey };
}

async function set(tale: Story) {
  const account = await server.reread(tale.account);
  return (await server.core.passwords.verify(account, NEW)) === 'right';
}

const FORMS: Record<string, () => Promise<Ready>> = {
  'sign-in: the password, and nothing after it': async () => {
    const tale = await person();
    await tale.begin();
    return { tale, form: here(tale, 'password'), fields: typed(tale), ends: arrives };
  },
  'sign-in: the password, and a code after it': async () => {
    const tale = await person({ person: { totpSecret: SECRET } });
    await tale.begin();
    return { tale, form: here(tale, 'password'), fields: typed(tale), ends: step('second-factor') };
  },
  'sign-in: the population': async () => {
    const tale = await person();
    const application = await server.application({ population: 'any' });
    await tale.browser.open(
      `/oauth2/authorize?${new URLSearchParams({ client_id: application.id, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid', code_challenge: 'A'.repeat(43), code_challenge_method: 'S256' })}`,
    );
    return { tale, form: here(tale, 'identify'), fields: { population: 'agent' }, ends: step('password') };
  },
  'sign-in: a code of the app, with the box': async () => {
    const tale = await person({ person: { totpSecret: SECRET } });
    await tale.begin();
    await tale.typePassword();
    const fields = { code: codeOf(SECRET), trustBrowser: 'yes' };
    const ends = async (landed: { url: string }) => {
      arrives(landed);
      expect(await server.wrongCodes(tale.account)).toBe(0);
    };
    return { tale, form: here(tale, 'second-factor'), fields, ends };
  },
  'sign-in: a recovery code': async () => {
    const tale = await person({ person: { totpSecret: SECRET } });
    const [code = ''] = await withRecoveryCodes(server, tale.account, 3);
    await tale.begin();
    await tale.typePassword();
    return { tale, form: here(tale, 'second-factor'), fields: { code }, ends: arrives };
  },
  'sign-in: a mailed code': async () => {
    const tale = await person();
    const email = tale.account.email ?? '';
    await withMail(server, tale.account, email);
    await tale.begin();
    await tale.typePassword();
    const [code = ''] = await mailedCodes(server, email);
    return { tale, form: here(tale, 'second-factor'), fields: { code }, ends: arrives };
  },
  'sign-in: a passkey as the factor': async () => {
    const { tale, passkey } = await withPasskey();
    await tale.begin();
    const page = await tale.typePassword();
    const answer = passkey.get(passkeyOptions(page), { origin: server.issuer, counter: 1 });
    return { tale, form: here(tale, 'second-factor'), fields: { passkey: answer }, ends: arrives };
  },
  'sign-in: a passkey in place of the password': async () => {
    const { tale, passkey } = await withPasskey();
    const page = await tale.begin();
    const answer = passkey.get(passkeyOptions(page), { origin: server.issuer, counter: 1 });
    return { tale, form: here(tale, 'passkey'), fields: { passkey: answer }, ends: arrives };
  },
  'sign-in: the set-up of an app': async () => {
    const tale = await person({ person: { isEnrolled: true } });
    await tale.begin();
    const page = await tale.typePassword();
    const fields = { code: codeOf(shownSecret(page)) };
    return { tale, form: here(tale, 'activate'), fields, ends: step('recovery-codes') };
  },
  'sign-in: recovery codes were read': async () => {
    const tale = await person({ person: { isEnrolled: true } });
    await tale.begin();
    const page = await tale.typePassword();
    await tale.browser.submit({ code: codeOf(shownSecret(page)) }, '/activate');
    return { tale, form: here(tale, 'recovery-codes'), fields: {}, ends: arrives };
  },
  'sign-in: new recovery codes after the last': async () => {
    const tale = await person({ person: { totpSecret: SECRET } });
    const [code = ''] = await withRecoveryCodes(server, tale.account, 1);
    await tale.begin();
    await tale.typePassword();
    await tale.browser.submit({ code }, '/second-factor');
    const fields = { decision: 'generate' };
    return { tale, form: here(tale, 'recovery-codes'), fields, ends: step('recovery-codes') };
  },
  'sign-in: the forced change': async () => {
    const tale = await person({ person: { isTemporary: true } });
    await tale.begin();
    await tale.typePassword();
    const fields = { currentPassword: PASSWORD, ...newPasswords };
    return { tale, form: here(tale, 'change-password'), fields, ends: arrives };
  },
  'sign-in: the warning was read': async () => {
    const tale = await person({
      policy: policyWith({ password: { expireAfterDays: 5 } }),
    });
    await tale.begin();
    await tale.typePassword();
    return { tale, form: here(tale, 'later'), fields: {}, ends: arrives };
  },
  'sign-in: consent': async () => {
    const tale = await person({ isFirstParty: false });
    await tale.begin();
    await tale.typePassword();
    return { tale, form: here(tale, 'consent'), fields: { decision: 'allow' }, ends: arrives };
  },
  'sign-in: going back': async () => {
    const tale = await person();
    await tale.begin();
    return { tale, form: here(tale, 'cancel'), fields: {}, ends: arrives };
  },
  'own pages: the password': async () => {
    const tale = await atHome();
    const fields = { currentPassword: PASSWORD, ...newPasswords };
    const ends = async (landed: { url: string; status: number }) => {
      at('/account')(landed);
      expect(await set(tale)).toBe(true);
    };
    return { tale, form: '/account/password', fields, ends };
  },
  'own pages: the password, with a code': async () => {
    const tale = await atHome({ person: { totpSecret: SECRET } });
    const fields = { currentPassword: PASSWORD, code: codeOf(SECRET), ...newPasswords };
    const ends = async (landed: { url: string; status: number }) => {
      at('/account')(landed);
      expect(await server.wrongCodes(tale.account)).toBe(0);
    };
    return { tale, form: '/account/password', fields, ends };
  },
  'own pages: a set-up begun': async () => {
    const tale = await atHome();
    const form = '/account/second-factor/set-up/app';
    await tale.browser.open(form);
    const ends = (landed: { url: string; status: number }) => {
      at(form)(landed);
      expect(shownSecret(tale.browser.page)).not.toBe('');
    };
    return { tale, form, fields: { currentPassword: PASSWORD }, ends };
  },
  'own pages: a set-up ended': async () => {
    const tale = await atHome();
    const page = '/account/second-factor/set-up/app';
    const shown = await tale.browser.post(`${server.issuer}${page}`, { currentPassword: PASSWORD });
    const fields = { code: codeOf(shownSecret(shown)) };
    return { tale, form: `${page}/finish`, fields, ends: at('/account/second-factor/recovery-codes') };
  },
  'own pages: new recovery codes': async () => {
    const tale = await atHome({ person: { totpSecret: SECRET } });
    const form = '/account/second-factor/recovery-codes';
    await tale.browser.open(form);
    const ends = (landed: { url: string; status: number }) => {
      at(form)(landed);
      expect(tale.browser.page.dom.querySelector('[data-recovery-codes]')).not.toBeNull();
    };
    return { tale, form, fields: { currentPassword: PASSWORD, code: codeOf(SECRET) }, ends };
  },
  'own pages: a method turned off': async () => {
    const tale = await atHome({ person: { totpSecret: SECRET } });
    const [one] = (await server.reread(tale.account)).secondFactor.authenticators;
    const form = `/account/second-factor/turn-off/${one?.id}`;
    return { tale, form, fields: { code: codeOf(SECRET) }, ends: at('/account/second-factor') };
  },
  'own pages: trust ended': async () => {
    const tale = await atHome();
    return {
      tale,
      form: '/account/trusted-browsers',
      fields: { id: 'all' },
      ends: at('/account/second-factor'),
    };
  },
  'own pages: other sessions ended': async () => {
    const tale = await atHome();
    return { tale, form: '/account/other-sessions', fields: {}, ends: at('/account/second-factor') };
  },
  'recovery: a link asked for': async () => {
    const tale = await person();
    await tale.browser.open('/recover');
    const fields = {
      clientCode: tale.tenant.clientCode,
      userName: tale.account.userName,
      population: 'user',
    };
    return { tale, form: '/recover', fields, ends: at('/recover') };
  },
  'recovery: the new password': async () => {
    const tale = await person();
    await tale.browser.open(`/recover/set?token=${await passwordLink(server, tale.account)}`);
    const ends = async (landed: { url: string; status: number }) => {
      at('/recover/done')(landed);
      expect(await set(tale)).toBe(true);
    };
    return { tale, form: '/recover/set', fields: newPasswords, ends };
  },
};

/** The answer to a post, which the browser does not follow yet; its cookies are taken. */
async function post({ browser }: Story, form: string, fields: Record<string, string>) {
  const url = new URL(form, server.issuer).href;
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      origin: server.issuer,
      accept: 'text/html',
      cookie: await browser.jar.getCookieString(url),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(fields).toString(),
  });
  await response.text();
  return {
    status: response.status,
    location: response.headers.get('location'),
    take: async () => {
      for (const line of response.headers.getSetCookie())
        await browser.jar.setCookie(line, url, { ignoreError: true });
    },
  };
}

const ROWS = Object.entries(FORMS);

describe('SEC-4 X10 a form that is posted twice leads where one post leads', () => {
  test.each(ROWS)('twice at once; %s', async (_, ready) => {
    const { tale, form, fields, ends } = await ready();
    const answers = await Promise.all([post(tale, form, fields), post(tale, form, fields)]);
    for (const answer of answers) await answer.take();
    // The browser shows the answer to the last click: either may have been it.
    const [first, last] = answers;
    expect(last?.location).toBe(first?.location);
    await ends(await tale.browser.open(last?.location ?? form), tale);
  });

  test.each(ROWS)('one after the other; %s', async (_, ready) => {
    const { tale, form, fields, ends } = await ready();
    const first = await post(tale, form, fields);
    const last = await post(tale, form, fields);
    await first.take();
    await last.take();
    expect(last.location).toBe(first.location);
    await ends(await tale.browser.open(last.location ?? form), tale);
  });

  test('R10 a person’s change that comes second keeps the session, however the two meet', async () => {
    const tale = await atHome();
    const other = { currentPassword: PASSWORD, newPassword: `${NEW}5`, newPasswordAgain: `${NEW}5` };
    // Not the same form: two tabs, two passwords, one of which is set.
    await Promise.all([
      post(tale, '/account/password', { currentPassword: PASSWORD, ...newPasswords }),
      post(tale, '/account/password', other),
    ]);
    expect((await tale.browser.open('/account')).url).toBe(`${server.issuer}/account`);
  });

  test('MFA-16 two answers of a passkey to one challenge sign the person in', async () => {
    const { tale, passkey } = await withPasskey();
    const page = await tale.begin();
    const answers = [1, 2].map((counter) =>
      passkey.get(passkeyOptions(page), { origin: server.issuer, counter }),
    );
    const form = here(tale, 'passkey');
    const taken = await Promise.all(answers.map((answer) => post(tale, form, { passkey: answer })));
    for (const one of taken) await one.take();
    arrives(await tale.browser.open(form.replace(/\/passkey$/, '')));
  });
});

import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { MULTI_FACTOR_ACR } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { anAddress, atTheCode, mailedCodes, withMail } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();

describe('MFA-9 codes by mail', () => {
  test('the first code is sent without asking, the page says where to, and it signs in', async () => {
    const tale = await atTheCode(server, { mail: true });
    expect(tale.page).toMatchObject({ step: 'second-factor', status: 200 });
    expect(tale.page.dom.querySelector('.note')?.text).toContain(`p•••@site.example`);
    expect(tale.page.html).not.toContain(tale.email);
    const [code = ''] = await mailedCodes(server, tale.email);
    const landed = await tale.browser.submit(
      { code: `${code.slice(0, 3)} ${code.slice(3)}` },
      '/second-factor',
    );
    expect((await tale.relying.exchange(landed.url)).claims()).toMatchObject({
      acr: MULTI_FACTOR_ACR,
      amr: ['pwd', 'otp', 'mfa'],
    });
    // Used: it does nothing a second time, in whichever attempt.
    await tale.signIn();
    expect((await tale.browser.submit({ code }, '/second-factor')).step).toBe('second-factor');
  });

  test('a newer code voids the older; another one after 60 seconds, and at most five an attempt', async () => {
    const tale = await atTheCode(server, { mail: true });
    const again = () => tale.browser.submit({}, '/mail-code');
    expect((await again()).alert).toContain('less than a minute');
    for (let n = 2; n <= 5; n++) {
      time.move(60);
      expect((await again()).dom.querySelector('[role=status]')?.text).toContain('We sent a new code');
    }
    const [newest = '', , , , oldest = ''] = await mailedCodes(server, tale.email, 5);
    time.move(60);
    expect(tale.browser.page.dom.querySelector('form[action$="/mail-code"]')).toBeNull();
    const uid = tale.browser.page.url;
    expect((await tale.browser.post(`${uid}/mail-code`, {})).alert).toContain('cannot request more codes');
    expect(await mailedCodes(server, tale.email, 5)).toHaveLength(5);
    if (oldest !== newest)
      expect((await tale.browser.submit({ code: oldest }, '/second-factor')).step).toBe('second-factor');
    expect(isIn(await tale.browser.submit({ code: newest }, '/second-factor'))).toBe(true);
  });

  test('S41 after ten minutes it is refused, and `why` says so', async () => {
    const tale = await atTheCode(server, { mail: true });
    const [code = ''] = await mailedCodes(server, tale.email);
    time.move(600);
    expect((await tale.browser.submit({ code }, '/second-factor')).step).toBe('second-factor');
    const { attempts } = await administer(server, operations.account.why, tale.account, { last: 1 });
    expect(attempts).toMatchObject([{ rule: 'expired', factor: 'mailed-code', failures: 1 }]);
  });

  test('bound to the attempt: the code of one browser does nothing in another', async () => {
    const tale = await atTheCode(server, { mail: true });
    const [code = ''] = await mailedCodes(server, tale.email);
    const other = new Browser(server.issuer);
    await other.open(await tale.relying.request());
    const fields = { clientCode: tale.tenant.clientCode, userName: tale.name, password: PASSWORD };
    expect((await other.submit(fields, '/password')).step).toBe('second-factor');
    const [theirs] = await mailedCodes(server, tale.email, 2);
    if (theirs !== code) expect((await other.submit({ code }, '/second-factor')).step).toBe('second-factor');
    expect(isIn(await tale.browser.submit({ code }, '/second-factor'))).toBe(true);
  });

  test('SEC-4 X17 another person who starts over in the same attempt gets a code of their own, at once', async () => {
    const tale = await atTheCode(server, { mail: true });
    const [code = ''] = await mailedCodes(server, tale.email);
    const email = anAddress();
    const other = await server.account(tale.tenant, { email });
    await withMail(server, other, email);
    await tale.browser.post(`${tale.browser.page.url}/restart`, {});
    const fields = { clientCode: tale.tenant.clientCode, userName: email, password: PASSWORD };
    const page = await tale.browser.submit(fields, '/password');
    expect(page.step).toBe('second-factor');
    const [theirs = ''] = await mailedCodes(server, email);
    if (theirs !== code)
      expect((await tale.browser.submit({ code }, '/second-factor')).step).toBe('second-factor');
    const landed = await tale.browser.submit({ code: theirs }, '/second-factor');
    expect(isIn(landed)).toBe(true);
  });

  test('S49 an account is mailed at most twenty codes an hour, however many attempts ask', async () => {
    const tale = await atTheCode(server, { mail: true });
    const { mailedCodes: codes } = server.core;
    for (let n = 2; n <= 20; n++)
      expect(await codes.send(`test:${tale.account.id}:${n}`, tale.account, tale.email)).toBe('sent');
    expect(await codes.send(`test:${tale.account.id}:21`, tale.account, tale.email)).toBe('too-many');
  });

  test('app and mail side by side: the person picks, either works, and the last choice comes first next time', async () => {
    const tale = await atTheCode(server, { totpSecret: SECRET, mail: true });
    expect(tale.page.dom.querySelector('.lead')?.text).toContain('authenticator app');
    expect(await tale.browser.submit({ method: 'mail' }, '/method')).toMatchObject({ step: 'second-factor' });
    const [code = ''] = await mailedCodes(server, tale.email);
    // The app's code does too: the field takes whatever the person has.
    expect(isIn(await tale.browser.submit({ code }, '/second-factor'))).toBe(true);
    expect((await tale.signIn()).dom.querySelector('.lead')?.text).toContain('from the email');
    expect(isIn(await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor'))).toBe(true);
    expect((await tale.signIn()).dom.querySelector('.lead')?.text).toContain('authenticator app');
  });

  test('MFA-9 S33 set up at the sign-in where the site allows nothing else: it ends only with a code', async () => {
    const email = anAddress();
    const tenant = await server.tenant('liveperson', policyWith({ secondFactor: { methods: ['mail'] } }));
    const tale = await story(server, { tenant, person: { email } });
    await tale.begin();
    expect(await tale.typePassword()).toMatchObject({ step: 'activate' });
    expect((await tale.browser.submit({}, '/mail-code')).step).toBe('activate');
    const [code = ''] = await mailedCodes(server, email);
    const wrong = code === '000000' ? '111111' : '000000';
    expect((await tale.browser.submit({ code: wrong }, '/activate')).step).toBe('activate');
    expect((await server.reread(tale.account)).secondFactor.status).toBe('none');
    expect(isIn(await tale.browser.submit({ code }, '/activate'))).toBe(true);
    expect((await server.reread(tale.account)).secondFactor).toMatchObject({
      status: 'active',
      authenticators: [{ kind: 'mail', email }],
    });
  });

  test('where nothing can be set up the page says whom to ask', async () => {
    const tenant = await server.tenant(
      'liveperson',
      policyWith({
        lockout: { contactLine: 'Call 4711.' },
        secondFactor: { methods: ['mail'] },
      }),
    );
    const tale = await story(server, { tenant });
    await tale.begin();
    const page = await tale.typePassword();
    expect(page).toMatchObject({ step: 'activate', status: 200 });
    expect(page.html).toContain('Call 4711.');
    expect(page.dom.querySelector('[name=code]')).toBeNull();
  });
});

import { describe, expect, test } from '@jest/globals';
import { operations } from '../../src/use-cases/administration/index.ts';
import type { ExplainedAttempt } from '../../src/use-cases/administration/why.ts';
import { administer } from '../support/administration.ts';
import { PASSWORD, SECRET } from '../support/app.ts';
import { errorOf, MULTI_FACTOR_ACR } from '../support/application.ts';
import { Browser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { atTheCode } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, type Story, story } from '../support/story.ts';
import { clockForEach, serverForAll } from '../support/suite.ts';

const server = serverForAll();
const time = clockForEach();

/** What `why` tells of the last attempts, once another instance has written down what it noted. */
async function toldOf(
  { account }: Story,
  last: number,
  isTold: (attempts: ExplainedAttempt[]) => boolean,
): Promise<ExplainedAttempt[]> {
  const ask = async () => (await administer(server, operations.account.why, account, { last })).attempts;
  return eventually(ask, isTold);
}

describe('the code page', () => {
  test('SGN-1 MFA-11 it says what the person has, and what to do when nothing works', async () => {
    const tale = await atTheCode(server, { totpSecret: SECRET, mail: true, recovery: 2 });
    expect(tale.page.dom.querySelector('h1')?.text).toBe('Input Authentication Code');
    expect(tale.page.dom.querySelector('form[action$="/second-factor"] button')?.text).toBe('Verify');
    const field = tale.page.dom.querySelector('[name=code]');
    expect([field?.getAttribute('autocomplete'), field?.getAttribute('inputmode')]).toEqual([
      'one-time-code',
      'text',
    ]);
    const help = tale.page.dom.querySelectorAll('details li').map((li) => li.text);
    expect(help.join(' ')).toMatch(/clock.*recovery codes.*login code.*administrator/);
    expect(tale.page.dom.querySelectorAll('form[action$="/method"] button').map((b) => b.text)).toEqual([
      'Email me a code instead',
    ]);
  });

  test('MFA-12 cloudcx: the third and fourth failure begin a wait of the account; right codes then are neither checked nor counted', async () => {
    time.toStepStart(1);
    const tale = await atTheCode(server, { totpSecret: SECRET });
    const wrong = () => tale.browser.submit({ code: '000 000' }, '/second-factor');
    expect((await wrong()).step).toBe('second-factor');
    expect((await wrong()).step).toBe('second-factor');
    for (const failures of [3, 4]) {
      const page = await wrong();
      expect(page.step).toBe('wait');
      expect(page.alert).toContain('Please try again in five minutes.');
      // In another browser too: the wait belongs to the account.
      const other = new Browser(server.issuer);
      await other.open(await tale.relying.request());
      await other.submit(
        { clientCode: tale.tenant.clientCode, userName: tale.name, password: PASSWORD },
        '/password',
      );
      expect(other.page.step).toBe('wait');
      await other.post(`${other.page.url}/second-factor`, { code: codeOf(SECRET) });
      expect(other.page.step).toBe('wait');
      expect(await server.wrongCodes(tale.account)).toBe(failures);
      time.move(299);
      expect((await tale.browser.open(page.url)).step).toBe('wait');
      time.move(1);
      expect((await tale.browser.open(page.url)).step).toBe('second-factor');
    }
    expect((await wrong()).step).toBe('locked');
    expect((await server.reread(tale.account)).lock).toMatchObject({ cause: 'second-factor' });
  });

  test('V9 S21 wrong codes of every kind, over several attempts, count together and lock on the fifth', async () => {
    const tale = await atTheCode(server, { totpSecret: SECRET, recovery: 2, preset: 'livevox' });
    for (const [n, code] of ['000000', 'AAAA-AAAA', 'AAAA-AAAA-AAAA-AAAA', '12345', 'what?'].entries()) {
      await tale.signIn();
      const page = await tale.browser.submit({ code }, '/second-factor');
      expect(page.step).toBe(n === 4 ? 'locked' : 'second-factor');
    }
    const ofCodes = ({ outcome, factor }: ExplainedAttempt) => outcome === 'failure' && factor !== 'password';
    const told = await toldOf(tale, 20, (attempts) => attempts.filter(ofCodes).length === 5);
    const tries = told.filter(ofCodes);
    expect(tries.map(({ factor }) => factor)).toEqual([
      'totp',
      'login-code',
      'recovery-code',
      'code',
      'code',
    ]);
  });

  test('V6 S22 locked by codes and unlocked, the old tab is back at the password', async () => {
    const tale = await atTheCode(server, { totpSecret: SECRET, preset: 'livevox' });
    for (let n = 0; n < 5; n++) await tale.browser.submit({ code: '000000' }, '/second-factor');
    await administer(server, operations.account.unlock, await server.reread(tale.account), {});
    expect((await tale.browser.post(`${tale.page.url}/second-factor`, { code: codeOf(SECRET) })).step).toBe(
      'password',
    );
  });

  test('an empty field costs nothing', async () => {
    const tale = await atTheCode(server, { totpSecret: SECRET });
    expect((await tale.browser.submit({ code: ' ' }, '/second-factor')).alert).toContain('Type a code');
    expect(await server.wrongCodes(tale.account)).toBe(0);
  });
});

describe('V18 no side door of a locked account', () => {
  const lock = (account: { id: string }) =>
    server.core.accounts.update(account.id, (a) => ({
      ...a,
      lock: { cause: 'second-factor', at: 1 },
    }));
  const PROMPTS: [string, Record<string, string>][] = [
    ['prompt=login', { prompt: 'login' }],
    ['max_age=0', { max_age: '0' }],
    ['a step-up', { acr_values: MULTI_FACTOR_ACR }],
  ];

  test.each(PROMPTS)(
    'S24 asked again by %s it meets the lock, with password and code right',
    async (_, extra) => {
      const tale = await story(server, { preset: 'vcc-live' });
      await tale.begin();
      await tale.typePassword();
      await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
      await lock(tale.account);
      const page = await tale.begin(extra);
      if (page.step === 'password') await tale.typePassword();
      expect(tale.browser.page.step).toBe('locked');
      await tale.browser.post(`${tale.browser.page.url}/second-factor`, { code: codeOf(SECRET) });
      expect(tale.browser.page.step).toBe('locked');
    },
  );

  test('D7 a refresh token goes on through a lock, ends with it where the site says so, and always when disabled', async () => {
    for (const endsSessions of [false, true]) {
      const tenant = await server.tenant(
        'vcc-live',
        policyWith({ lockout: { endsSessions, secondFactor: 1 } }),
      );
      const tale = await story(server, { tenant });
      await tale.begin({ scope: 'openid offline_access', prompt: 'consent' });
      await tale.typePassword();
      const tokens = await tale.relying.exchange(
        (await tale.browser.submit({ decision: 'allow' }, '/consent')).url,
      );
      await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
      await tale.begin({ acr_values: MULTI_FACTOR_ACR });
      // Where the lock ends the session, the step-up of that session is over with it.
      const page = await tale.browser.submit({ code: '000000' }, '/second-factor');
      expect(page.step).toBe(endsSessions ? 'expired-link' : 'locked');
      expect((await server.reread(tale.account)).lock?.cause).toBe('second-factor');
      if (endsSessions)
        await expect(tale.relying.refresh(tokens)).rejects.toMatchObject({ error: 'invalid_grant' });
      else {
        const fresh = await tale.relying.refresh(tokens);
        await administer(server, operations.account.disable, tale.account, {});
        await expect(tale.relying.refresh(fresh)).rejects.toMatchObject({ error: 'invalid_grant' });
      }
    }
  });
});

describe('S31 a clock that jumps', () => {
  test.each([90, 86_400])(
    'by %i seconds, back and forth: no code twice, and none until time has passed the last step',
    async (jump) => {
      time.toStepStart(1);
      const tale = await atTheCode(server, { totpSecret: SECRET, preset: 'livevox' });
      const verdict = async (steps = 0) => {
        const account = await server.reread(tale.account);
        const { verify } = server.core.secondFactors;
        return (await verify(account, codeOf(SECRET, steps), tale.tenant.policy, undefined)).verdict;
      };
      expect(await verdict()).toBe('accepted');
      expect(await verdict()).toBe('replayed');
      time.move(-jump);
      expect([await verdict(-1), await verdict(), await verdict(1)]).toEqual([
        'replayed',
        'replayed',
        'wrong',
      ]);
      time.move(jump);
      expect(await verdict()).toBe('replayed');
      time.move(jump);
      expect([await verdict(-1), await verdict()]).toEqual(['accepted', 'accepted']);
      time.move(-jump);
      expect(await verdict()).toBe('replayed');
      // And the person who helps is told why.
      await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
      const [last] = await toldOf(tale, 1, ([attempt]) => attempt?.rule === 'replayed');
      expect(last).toMatchObject({ rule: 'replayed', outcome: 'failure' });
    },
  );
});

describe('SGN-3 step-up', () => {
  test('S40 V35 a session made with only a password gives the code when an application asks, and only that', async () => {
    const tale = await story(server, { preset: 'vcc-live' });
    await tale.begin();
    const first = await tale.relying.exchange((await tale.typePassword()).url);
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    const page = await tale.begin({ acr_values: MULTI_FACTOR_ACR });
    expect(page.step).toBe('second-factor');
    const landed = await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
    const claims = (await tale.relying.exchange(landed.url)).claims();
    expect(claims).toMatchObject({
      acr: MULTI_FACTOR_ACR,
      amr: ['pwd', 'otp', 'mfa'],
      sub: first.claims()?.sub,
    });
  });

  test('an account that cannot have a factor is sent back where the application insists', async () => {
    const tale = await story(server, { preset: 'livevox', person: { population: 'agent' } });
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: MULTI_FACTOR_ACR } } });
    await tale.begin({ claims });
    expect(errorOf((await tale.typePassword()).url)).toBe('unmet_authentication_requirements');
  });

  test('S39 auth_time is that of the sign-in, and does not creep over later prompts', async () => {
    const tale = await atTheCode(server, { totpSecret: SECRET });
    const landed = await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
    const at = (await tale.relying.exchange(landed.url)).claims()?.auth_time;
    time.move(120);
    const later = await tale.begin();
    expect((await tale.relying.exchange(later.url)).claims()?.auth_time).toBe(at);
  });
});

import { describe, expect, test } from '@jest/globals';
import { memberOf } from '../../src/capabilities/credential-events/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { times } from '../support/at-once.ts';
import { Browser } from '../support/browser.ts';
import { mailedCodes, withMail, withRecoveryCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import type { NewPerson } from '../support/site.ts';
import { codeOf, type Story, shownSecret, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';
import { holdTime } from '../support/time.ts';

const AT_ONCE = 20;
const ROUNDS = process.env.SALLYPORT_TEST_LONG ? 50 : 3;

const server = serverForAll();
let people = 0;

const HIGH_LIMIT = { lockout: 9 };

async function person(options: NewPerson & { preset?: string } = {}) {
  const { preset = 'cloudcx', ...rest } = options;
  const email = `racer${++people}@site.example`;
  const tenant = await server.tenant(
    preset,
    policyWith({
      lockout: { secondFactor: HIGH_LIMIT.lockout },
      secondFactor: { waitFrom: null },
    }),
  );
  const tale = await story(server, { tenant, person: { email, ...rest } });
  const name = tenant.policy.signIn.identifiedBy === 'email' ? email : tale.account.userName;
  return { ...tale, email, name };
}

/** Browsers of their own, each past the password of one person. */
function browsers(tale: Story & { name: string }, n: number): Promise<Browser[]> {
  return times(n, async () => {
    const browser = new Browser(server.issuer);
    await browser.open(await tale.relying.request());
    await browser.submit(
      { clientCode: tale.tenant.clientCode, userName: tale.name, password: PASSWORD },
      '/password',
    );
    return browser;
  });
}

const isThrough = ({ page }: Browser) => isIn(page) || page.step === 'recovery-codes';
const submitAll = (all: readonly Browser[], code: string) =>
  Promise.all(all.map((browser) => browser.submit({ code }, '/second-factor')));
const tries = async ({ account }: Pick<Story, 'account'>, outcome: string) =>
  (await server.core.audit.ofAccount(account.id, 200)).filter(
    (entry) => entry.type === 'sign-in.second-factor' && entry.outcome === outcome,
  );

/** One is accepted, always. The nineteen others are failures: they may lock before that one is at its end. */
async function expectOne(tale: Pick<Story, 'account'>, all: readonly Browser[]) {
  expect(await tries(tale, 'success')).toHaveLength(1);
  const isLocked = (await server.reread(tale.account)).lock !== null;
  const signedIn = all.filter(isThrough).length;
  expect(signedIn).toBeLessThanOrEqual(1);
  if (!isLocked) expect(signedIn).toBe(1);
}

describe('one code, twenty browsers at once', () => {
  test('S28 R2 of an app: one signs in', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tale = await person({ totpSecret: SECRET });
      const all = await browsers(tale, AT_ONCE);
      await submitAll(all, codeOf(SECRET));
      await expectOne(tale, all);
    }
  });

  test('S30 P5 a later step and an earlier one at once: never both in the wrong order', async () => {
    const time = holdTime();
    try {
      for (let round = 0; round < ROUNDS; round++) {
        time.toStepStart(3);
        const tale = await person({ totpSecret: SECRET });
        const [earlier, later, ...rest] = await browsers(tale, 3);
        if (!earlier || !later || !rest[0]) throw new Error('no browser');
        await Promise.all([
          later.submit({ code: codeOf(SECRET) }, '/second-factor'),
          earlier.submit({ code: codeOf(SECRET, -1) }, '/second-factor'),
        ]);
        expect(isThrough(later)).toBe(true);
        // Once the later step is taken, the earlier one is refused, for every browser.
        await rest[0].submit({ code: codeOf(SECRET, -1) }, '/second-factor');
        expect(isThrough(rest[0])).toBe(false);
      }
    } finally {
      time.release();
    }
  });

  test('V5 S38 a recovery code: one signs in, and one is spent', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tale = await person({ totpSecret: SECRET });
      const [code = ''] = await withRecoveryCodes(server, tale.account, 3);
      const all = await browsers(tale, AT_ONCE);
      await submitAll(all, code);
      await expectOne(tale, all);
      const { recoveryCodes } = (await server.reread(tale.account)).secondFactor;
      expect(recoveryCodes?.hashes.filter((hash) => hash === null)).toHaveLength(1);
    }
  });

  test('S38 R2 a login code, while a new one is made: at most one signs in, and none by the old one afterwards', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tale = await person({ totpSecret: SECRET });
      const make = async () => {
        const made = await administer(server, operations.account.makeLoginCode, tale.account, {
          reason: 'race',
        });
        return made.code;
      };
      const old = await make();
      const all = await browsers(tale, AT_ONCE);
      const [, fresh] = await Promise.all([submitAll(all, old), make()]);
      expect(all.filter(isThrough).length).toBeLessThanOrEqual(1);
      // The losers were failures, and may have locked.
      await administer(server, operations.account.unlock, tale.account, {});
      const [late, last] = await browsers(tale, 2);
      await late?.submit({ code: old }, '/second-factor');
      expect(late && isThrough(late)).toBe(false);
      await last?.submit({ code: fresh }, '/second-factor');
      expect(last && isThrough(last)).toBe(true);
    }
  });

  test('MFA-9 R2 a mailed code posted twenty times: one proof', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tale = await person();
      await withMail(server, tale.account, tale.email);
      const [browser] = await browsers(tale, 1);
      const [code = ''] = await mailedCodes(server, tale.email);
      const cookie = await browser?.jar.getCookieString(server.issuer);
      const all = await browser?.jar.getCookies(browser.page.url);
      const header = all?.map(({ key, value }) => `${key}=${value}`).join('; ') ?? cookie ?? '';
      await times(AT_ONCE, () =>
        fetch(`${browser?.page.url}/second-factor`, {
          method: 'POST',
          body: new URLSearchParams({ code }),
          headers: { cookie: header, origin: server.issuer },
          redirect: 'manual',
        }),
      );
      expect(await tries(tale, 'success')).toHaveLength(1);
      const done = (await server.core.audit.ofAccount(tale.account.id, 200)).filter(
        ({ type }) => type === 'sign-in.complete',
      );
      expect(done.length).toBeLessThanOrEqual(1);
    }
  });

  test('MFA-9 twenty ask for a mailed code at once: one is sent', async () => {
    const tale = await person();
    const { mailedCodes: codes } = server.core;
    const sent = await times(AT_ONCE, () => codes.send(`race:${tale.account.id}`, tale.account, tale.email));
    expect(sent.filter((outcome) => outcome === 'sent')).toHaveLength(1);
    expect(sent.filter((outcome) => outcome === 'too-soon')).toHaveLength(AT_ONCE - 1);
  });

  test('MFA-16 a challenge is spent once', async () => {
    const { challenges } = server.core;
    for (let round = 0; round < ROUNDS; round++) {
      const place = `race:${round}`;
      const made = await times(AT_ONCE, () => challenges.of(place));
      expect(new Set(made).size).toBe(1);
      const spent = await times(AT_ONCE, () => challenges.spend(place));
      expect(spent.filter((challenge) => challenge !== undefined)).toEqual([made[0]]);
    }
  });
});

describe('what happens meanwhile', () => {
  test('MFA-4 activation in two tabs: one factor is bound, and both tabs end well or say why', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tale = await person({ isEnrolled: true });
      const [one, two] = await browsers(tale, 2);
      if (!one || !two) throw new Error('no browser');
      const [first, second] = [shownSecret(one.page), shownSecret(two.page)];
      // A tab that is told of the other shows a new secret, which voids that of the other: neither goes on before both are answered.
      const answered = await Promise.all([
        one.submitAndHold({ code: codeOf(first) }, '/activate'),
        two.submitAndHold({ code: codeOf(second) }, '/activate'),
      ]);
      for (const follow of answered) await follow();
      expect([one, two].filter(isThrough)).toHaveLength(1);
      const { secondFactor } = await server.reread(tale.account);
      expect(secondFactor.authenticators).toHaveLength(1);
      expect(secondFactor.round).toBe(1);
    }
  });

  test('MFA-7 S22 a reset while codes are checked: no one is in with the old factor afterwards', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tale = await person({ totpSecret: SECRET });
      const all = await browsers(tale, 5);
      await Promise.all([
        submitAll(all, codeOf(SECRET)),
        administer(server, operations.account.resetFactor, tale.account, { reason: 'race' }),
      ]);
      // A browser that was faster than the reset has a session of the old epoch: it opens nothing.
      for (const browser of all) {
        const page = await browser.open('/account');
        expect(page.step).not.toBe('account');
      }
      expect((await server.reread(tale.account)).secondFactor).toMatchObject({
        status: 'pending',
        authenticators: [],
      });
    }
  });

  test('MFA-5 turned off while signing in: the sign-in goes on, and its tokens tell what was given', async () => {
    const tale = await person({ totpSecret: SECRET });
    const [browser] = await browsers(tale, 1);
    await administer(server, operations.account.turnFactorOff, tale.account, {});
    const landed = await browser?.submit({ code: codeOf(SECRET) }, '/second-factor');
    // Nothing is owed any more: the page that was open leads on.
    expect(landed?.step).toBe('continue');
    const done = await browser?.submit({}, '/continue');
    expect((await tale.relying.exchange(done?.url ?? '')).claims()).toMatchObject({ amr: ['pwd'] });
  });

  test('S36 replaced while a sign-in stands between code and end: the code of the old one proves nothing', async () => {
    const tale = await person({ totpSecret: SECRET });
    const [code = ''] = await withRecoveryCodes(server, tale.account, 1);
    const [browser] = await browsers(tale, 1);
    // The last recovery code stops at a page before the end.
    expect((await browser?.submit({ code }, '/second-factor'))?.step).toBe('recovery-codes');
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    expect((await browser?.submit({ decision: 'later' }, '/recovery-codes'))?.step).toBe('second-factor');
  });

  test('MFA-5 two tabs turn off one of two methods each: one of them stays where the mode requires a factor', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tale = await person({ totpSecret: SECRET, preset: 'liveperson' });
      await withMail(server, tale.account, tale.email);
      const account = await server.reread(tale.account);
      const claimant = {
        ...memberOf(account, tale.tenant),
        browser: 'known' as const,
        where: { tenantId: tale.tenant.id, accountId: account.id },
      };
      const [app, mail] = account.secondFactor.authenticators;
      const outcomes = await Promise.all(
        [app, mail].map((one) => server.core.ownFactors.turnOff(claimant, one?.id ?? '')),
      );
      expect(outcomes.filter((outcome) => outcome !== undefined)).toHaveLength(1);
      expect((await server.reread(account)).secondFactor.authenticators).toHaveLength(1);
    }
  });

  test('MFA-17 S22 a reset while a person signs in at a shared desk: the next desk takes over nothing that is void', async () => {
    const tenant = await server.tenant('livevox', policyWith({ session: { sharedDesk: true } }));
    for (let round = 0; round < ROUNDS; round++) {
      const tale = await story(server, { tenant, person: { totpSecret: SECRET } });
      const all = await browsers({ ...tale, name: tale.account.userName }, 3);
      await Promise.all([
        submitAll(all, codeOf(SECRET)),
        administer(server, operations.account.resetFactor, tale.account, { reason: 'race' }),
      ]);
      const isReset = async () => (await server.reread(tale.account)).secondFactor.status === 'pending';
      expect(await isReset()).toBe(true);
      // A browser that was through before the reset ended with it; none came through after it.
      for (const browser of all) expect((await browser.open('/account')).step).not.toBe('account');
    }
  });

  test('MFA-17 two sign-ins at once where desks are shared: one session is left', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tenant = await server.tenant('livevox', policyWith({ session: { sharedDesk: true } }));
      const tale = await story(server, { tenant });
      const all = await times(5, async () => {
        const browser = new Browser(server.issuer);
        await browser.open(await tale.relying.request());
        return browser;
      });
      const fields = { clientCode: tenant.clientCode, userName: tale.account.userName, password: PASSWORD };
      await Promise.all(all.map((browser) => browser.submit(fields, '/password')));
      const own = await Promise.all(all.map((browser) => browser.open('/account')));
      expect(own.filter(({ step }) => step === 'account')).toHaveLength(1);
    }
  });
});

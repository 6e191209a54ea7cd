import { describe, expect, test } from '@jest/globals';
import type { Policy } from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { isIn, PASSWORD, SECRET } from '../support/app.ts';
import { passkeyOptions, SoftwarePasskey } from '../support/authenticator.ts';
import { shownCodes, withRecoveryCodes } from '../support/factors.ts';
import { policyWith } from '../support/policies.ts';
import { codeOf, shownSecret, story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

type Mode = Policy['secondFactor']['mode'];
const allowing = (mode: Mode) =>
  policyWith({
    secondFactor: { mode, methods: ['passkey', 'app'], recoveryCodes: 10 },
    signIn: { methods: ['password', 'passkey'] },
  });

/**
 * A person past a passkey in place of the password, whose sign-in waits at the page that offers new recovery codes: they used
 * the last one with the password, and were unlocked before they went on.
 */
async function pastThePasskey(mode: Mode) {
  const tenant = await server.tenant('vcc-live', allowing('required'));
  const tale = await story(server, { tenant, fixTenant: true });
  const passkey = new SoftwarePasskey();
  await tale.begin();
  await tale.typePassword();
  const page = await tale.browser.submit({ method: 'passkey' }, '/method');
  const made = passkey.create(passkeyOptions(page), { origin: server.issuer });
  await tale.browser.submit({ passkey: made, name: 'desk key' }, '/activate');
  if (mode !== 'required') await server.changePolicy(tenant, { 'secondFactor.mode': mode });
  const [code = ''] = await withRecoveryCodes(server, tale.account, 1);
  await tale.browser.jar.removeAllCookies();
  await tale.begin();
  const { url } = await tale.typePassword();
  expect((await tale.browser.post(`${url}/second-factor`, { code })).step).toBe('recovery-codes');
  // An unlock begins a new round of proofs.
  await server.core.accounts.update(tale.account.id, (a) => ({ ...a, lockRound: a.lockRound + 1 }));
  const first = await tale.browser.open(url);
  expect(first.step).toBe('password');
  const answer = passkey.get(passkeyOptions(first), { origin: server.issuer, counter: 1 });
  expect((await tale.browser.submit({ passkey: answer }, '/passkey')).step).toBe('recovery-codes');
  return tale;
}

describe('SEC-4 X2 a passkey that was taken away meanwhile stands for no password', () => {
  test.each<Mode>(['off', 'voluntary', 'enrolment', 'required'])('in mode %s', async (mode) => {
    const tale = await pastThePasskey(mode);
    const { url } = tale.browser.page;
    const account = await server.reread(tale.account);
    await administer(server, operations.account.turnFactorOff, account, {});
    expect((await tale.browser.post(`${url}/recovery-codes`, {})).step).toBe('password');
    expect(shownSecret(tale.browser.page)).toBe('');
  });

  test('where another method is left, the password comes before its code', async () => {
    const tale = await pastThePasskey('required');
    const { url } = tale.browser.page;
    await server.core.secondFactors.bindKnown(tale.account.id, SECRET);
    await server.core.accounts.update(tale.account.id, (a) => ({
      ...a,
      secondFactor: {
        ...a.secondFactor,
        round: a.secondFactor.round + 1,
        authenticators: a.secondFactor.authenticators.filter(({ kind }) => kind !== 'passkey'),
      },
    }));
    expect((await tale.browser.post(`${url}/recovery-codes`, {})).step).toBe('password');
    await tale.browser.submit({ userName: tale.account.userName, password: PASSWORD }, '/password');
    const landed = await tale.browser.submit({ code: codeOf(SECRET) }, '/second-factor');
    expect(isIn(landed)).toBe(true);
    expect((await tale.relying.exchange(landed.url)).claims()).toMatchObject({ amr: ['pwd', 'otp', 'mfa'] });
  });
});

describe('SEC-4 X3 another person in the same sign-in', () => {
  test('does not see the recovery codes that the one before left on the page', async () => {
    const tenant = await server.tenant('vcc-live', allowing('voluntary'));
    const tale = await story(server, { tenant });
    const other = await server.account(tenant);
    await server.core.accounts.update(tale.account.id, (a) => ({
      ...a,
      secondFactor: { ...a.secondFactor, status: 'pending' },
    }));
    await tale.begin();
    const page = await tale.typePassword();
    const codes = await tale.browser.submit({ code: codeOf(shownSecret(page)) }, '/activate');
    expect(shownCodes(codes)).toHaveLength(10);
    // An unlock begins a new round of proofs: the page goes back to the password.
    await server.core.accounts.update(tale.account.id, (a) => ({ ...a, lockRound: a.lockRound + 1 }));
    expect((await tale.browser.open(codes.url)).step).toBe('password');
    const after = await tale.typePassword(PASSWORD, other.userName);
    expect(shownCodes(after)).toEqual([]);
    expect(after.step).not.toBe('recovery-codes');
  });
});

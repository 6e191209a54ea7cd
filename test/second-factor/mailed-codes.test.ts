import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createMailedCodes } from '../../src/capabilities/second-factor/index.ts';
import { createSealer, createVault } from '../../src/foundation/base/index.ts';
import { type Ephemeral, openSqliteEphemeral } from '../../src/foundation/stores/index.ts';
import { anAccount } from '../support/an-account.ts';
import { freshFolder } from '../support/folder.ts';

const EMAIL = 'ann@site.example';
const account = anAccount({ email: EMAIL });

let now: number;
let forgottenBefore: number;
let ephemeral: Ephemeral;
let folder: ReturnType<typeof freshFolder>;
let sent: { to: string; text: string }[];
beforeEach(() => {
  now = 1_000_000;
  forgottenBefore = 0;
  sent = [];
  folder = freshFolder();
  ephemeral = openSqliteEphemeral(`${folder.path}/ephemeral.sqlite`, now);
});
afterEach(async () => {
  await ephemeral.close();
  folder.remove();
});

const codes = () =>
  createMailedCodes({
    ephemeral,
    budgets: { take: async () => true },
    mail: {
      isConfigured: true,
      isDelayed: async () => false,
      deliver: async () => {},
      notify: async (_account, _letter, values = {}, { to = '' } = {}) => {
        sent.push({ to, text: String(values.code) });
      },
    },
    vault: createVault(createSealer([randomBytes(32)]), Buffer.alloc(32)),
    clock: { now: () => now },
    forgottenBefore: async () => forgottenBefore,
  });
const digits = () => /\b\d{6}\b/.exec(sent.at(-1)?.text ?? '')?.[0] ?? '';

describe('MFA-9 a mailed code', () => {
  test.each([
    [599, 'accepted'],
    [600, 'expired'],
  ])('after %i seconds is %s', async (age, verdict) => {
    const mailed = codes();
    await mailed.send('here', account, EMAIL);
    now += age;
    expect(await mailed.spend('here', account, digits())).toBe(verdict);
  });

  test('P6 that was mailed before the store was born again is refused: it may have been used', async () => {
    const mailed = codes();
    await mailed.send('here', account, EMAIL);
    forgottenBefore = now;
    expect(await mailed.spend('here', account, digits())).toBe('expired');
  });

  test('is of one place and one person', async () => {
    const mailed = codes();
    await mailed.send('here', account, EMAIL);
    expect(await mailed.spend('there', account, digits())).toBe('wrong');
    expect(await mailed.spend('here', anAccount({ id: 'b' }), digits())).toBe('wrong');
    expect(await mailed.spend('here', account, digits())).toBe('accepted');
    expect(await mailed.spend('here', account, digits())).toBe('wrong');
    expect(await mailed.spend('here', account, '')).toBe('wrong');
  });

  test('the page is told whether one is alive, and when no more are sent', async () => {
    const mailed = codes();
    expect(await mailed.state('here')).toEqual({ sentAt: 0, isLive: false, isUsedUp: false });
    for (let n = 1; n <= 5; n++) {
      expect(await mailed.send('here', account, EMAIL)).toBe('sent');
      expect(await mailed.state('here')).toEqual({ sentAt: now, isLive: true, isUsedUp: n === 5 });
      expect(await mailed.send('here', account, EMAIL)).toBe(n === 5 ? 'too-many' : 'too-soon');
      now += 60;
    }
    now += 600;
    expect(await mailed.state('here')).toMatchObject({ isLive: false, isUsedUp: true });
    now += 3_600;
    expect(await mailed.send('here', account, EMAIL)).toBe('sent');
  });
});

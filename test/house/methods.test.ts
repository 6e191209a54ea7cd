import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Authenticator, noFactor } from '../../src/capabilities/accounts/index.ts';
import { withAuthenticator } from '../../src/capabilities/second-factor/index.ts';
import { methodOf, methodSaid, methods } from '../../src/capabilities/second-factor/methods/index.ts';
import { policyValues } from '../../src/capabilities/tenants/index.ts';
import { createLanguage } from '../../src/foundation/base/index.ts';

const files = (readdirSync('src', { recursive: true }) as string[])
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `src/${file}`);
const METHODS = 'src/capabilities/second-factor/methods/';

/** Where else the name of a method stands, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'src/capabilities/tenants/policy-schema.ts':
    'what operators may write, also what is to come; held to the list below',
  'src/capabilities/account-state/reasons.ts': 'what may be proved first is no list of methods',
  'src/doors/sign-in/passkey-step.ts': 'the step that a passkey is the whole sign-in of',
  'src/doors/sign-in/routes.ts': 'the address of that step',
  'src/doors/sign-in/assurance.ts': 'a passkey in place of the password says that it verified the person',
  'src/doors/oidc/oidc.ts': 'reasons about a password are held against the session and the grant',
  'src/foundation/web/assets.ts': 'the name of a script',
  'src/capabilities/mail/mail.ts': 'the name of a job',
  'src/use-cases/administration/why.ts': 'a refusal of the mail server',
  'src/use-cases/administration/compliance/rules.ts': 'one rule asks for a factor that resists phishing',
};

/** The makers of what an account keeps, beside their method. */
const MAKERS = ['mailed-codes', 'passkeys', 'totp-secrets'].map(
  (file) => `src/capabilities/second-factor/${file}.ts`,
);

const say = createLanguage();

describe('MFA-2 MFA-9 MFA-16 a method is declared once', () => {
  test('its name stands in its own file, and in few others', () => {
    const names = methods.flatMap(({ name, kind, said }) => [name, kind, said]);
    const quoted = new RegExp(`'(?:${[...new Set(names)].join('|')})'`);
    // A part of what is handed over is often called so too.
    const textOf = (file: string) => readFileSync(file, 'utf8').replaceAll(/Pick<[^>]*>/g, '');
    const found = files.filter((file) => !file.startsWith(METHODS) && quoted.test(textOf(file)));
    expect(found.filter((file) => !MAKERS.includes(file)).sort()).toEqual(Object.keys(ELSEWHERE).sort());
  });

  test('names, kinds and what is said of them are each of one method', () => {
    for (const key of ['name', 'kind', 'said'] as const)
      expect(new Set(methods.map((method) => method[key])).size).toBe(methods.length);
  });

  test('the policy lists every method, and no other but those to come', () => {
    const schema = policyValues.get('secondFactor.methods');
    const listed = ['app', 'mail', 'passkey', 'hardware', 'carrier-pigeon'].filter(
      (name) => schema?.safeParse([name]).success,
    );
    expect(listed).toEqual([...methods.map(({ name }) => name), 'hardware']);
  });

  test.each(methods.map((method) => [method.name, method] as const))(
    '%s has its template and its texts',
    (name, { most, proof }) => {
      expect(existsSync(`views/methods/${name}.eta`)).toBe(true);
      const keys = [
        `method.${name}`,
        `factor.setUp.${name}`,
        `activate.instead.${name}`,
        `second-factor.by.${name}`,
        `second-factor.instead.${name}`,
        ...(most > 1 ? [`factor.lists.${name}.title`, `factor.lists.${name}.add`] : []),
      ];
      expect(keys.filter((key) => say(key) === key || say(key) === '')).toEqual([]);
      expect(['code', 'answer']).toContain(proof);
    },
  );

  test.each(methods.map(({ kind, most }) => [kind, most] as const))(
    'of %s a person has at most %i: of one, the newer takes the place of the older',
    (kind, most) => {
      const one = (id: string): Authenticator => ({ id, kind, boundAt: 1 });
      const after = withAuthenticator(withAuthenticator(noFactor, one('a')), one('b'));
      expect(after.authenticators.map(({ id }) => id)).toEqual(most > 1 ? ['a', 'b'] : ['b']);
    },
  );

  test('what a later version keeps is of no method', () => {
    expect(methodOf('carrier-pigeon')).toBeUndefined();
    expect(methodSaid('recovery-code')).toBeUndefined();
  });
});

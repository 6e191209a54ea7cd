// Every method there is. What knows of methods reads this list: to add one, write its file and add it here, its template to
// `views/methods`, and its texts.
import type { Policy } from '../../tenants/index.ts';
import { mail } from './mail.ts';
import type { AnswerMethod, CodeMethod, Method, Traits } from './method.ts';
import { passkey } from './passkey.ts';
import { totp } from './totp.ts';

export interface Answer {
  method: AnswerMethod;
  text: string;
}

/** In the order in which a set-up offers them: first the app, which works in every browser. */
export const methods: readonly Method[] = [totp, mail, passkey];

export const codeMethods = methods.filter((method): method is CodeMethod => method.proof === 'code');

const answerMethods = methods.filter((method): method is AnswerMethod => method.proof === 'answer');

/** The method of what an account keeps; undefined for a kind of a later version beside this one. */
export function methodOf(kind: string): Method | undefined {
  return methods.find((method) => method.kind === kind);
}

/** The method that a proof or an audit entry speaks of; undefined for a recovery or login code. */
export function methodSaid(said: string): Method | undefined {
  return methods.find((method) => method.said === said);
}

/** The value of RFC 8176 for a proof; codes that stand for a method are one-time passwords too. */
export function amrOf({ by, ...traits }: Traits & { by: string }): string {
  return methodSaid(by)?.amr(traits) ?? 'otp';
}

function isListed({ name }: Method, { secondFactor }: Policy): boolean {
  return (secondFactor.methods as readonly string[]).includes(name);
}

/** The methods that may be set up at a site. */
export function methodsListed(policy: Policy): Method[] {
  return methods.filter((method) => isListed(method, policy));
}

/** The method whose secrets are printed on slips (MFA-17). */
export const methodOfSlips = methods.find((method) => method.takesSlips);

export function maySlipBeMade(policy: Policy): boolean {
  return methodOfSlips !== undefined && isListed(methodOfSlips, policy);
}

/** Whether this proof is one that may stand in the place of a password. */
export function standsForPassword(said: string): boolean {
  return said === passkey.said;
}

/** Whether the site lets people sign in with only a passkey (SGN-7). */
export function mayComeFirst({ signIn }: Policy): boolean {
  return (signIn.methods as readonly string[]).includes(passkey.name);
}

/** The answer of a browser that a form carries, with its method; undefined if there is none. */
export function answerIn(form: ReadonlyMap<string, string>): Answer | undefined {
  return answerMethods
    .map((method) => ({ method, text: form.get(method.field) ?? '' }))
    .find(({ text }) => text !== '');
}

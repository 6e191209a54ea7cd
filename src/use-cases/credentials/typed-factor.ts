import { type Answer, answerIn } from '../../capabilities/second-factor/index.ts';
import { formFields } from '../../foundation/web/index.ts';

/** What a form carries to prove a factor or to set one up. */
export interface TypedFactor {
  code: string;
  /** Of a browser, in place of a code. */
  answer: Answer | undefined;
  /** What the person calls a new one, where they may have several. */
  name: string;
}

/** Why what was typed does not do; each is a sentence in the language file. */
export type FactorRefusal = 'no-code' | 'wrong-code' | 'passkey-refused';

export function typedFactor(form: ReadonlyMap<string, string>): TypedFactor {
  return { ...formFields(form, ['code', 'name']), answer: answerIn(form) };
}

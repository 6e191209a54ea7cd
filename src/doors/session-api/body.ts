import { z } from 'zod';
import { SallyportError } from '../../foundation/base/index.ts';
import { readJson, type WebContext } from '../../foundation/web/index.ts';

/** The longest password has 1,024 code points: up to 4,096 in a decomposed form. */
const LONGEST = 4_096;
// A NUL ends a text in other people's languages.
const text = z
  .string('must be text')
  .max(LONGEST, `must have at most ${LONGEST} characters`)
  .refine((value) => !value.includes('\0'), 'must not hold a NUL');
const yesOrNo = z
  .preprocess(
    (value) => (value === 'true' ? true : value === 'false' ? false : value),
    z.boolean('must be true or false'),
  )
  .default(false);

const credentials = z.object({
  clientName: text,
  userName: text,
  password: text,
  agent: yesOrNo,
  isAgent: yesOrNo,
  otp: text.nullish(),
});
const change = credentials.extend({ newPassword: text });

/** What a program sends to sign in (API-2). Fields that are not known are ignored. */
export type Credentials = z.output<typeof credentials>;
export type PasswordChange = z.output<typeof change>;

async function read<T>(schema: z.ZodType<T>, ctx: WebContext): Promise<T> {
  const parsed = schema.safeParse(await readJson(ctx, { anyCharset: true }));
  if (parsed.success) return parsed.data;
  const said = parsed.error.issues
    .map(
      ({ path, message }) => `${path.join('.') || 'the body'} ${path.length ? message : 'must be an object'}`,
    )
    .join('; ');
  throw new SallyportError('bad_request', said, { said: `${said}.` });
}

/** @throws SallyportError `bad_request` that names every field that is wrong, and what `readJson` throws */
export const readCredentials = (ctx: WebContext): Promise<Credentials> => read(credentials, ctx);
export const readPasswordChange = (ctx: WebContext): Promise<PasswordChange> => read(change, ctx);

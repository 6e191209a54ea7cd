import { z } from 'zod';

const limit = (what: string) => z.int().min(1).max(9).default(5).describe(what);

/** One tenant's rules. Each value's path is its name for `policy set`, the API and the preset files; units are in the names. */
export const policySchema = z.strictObject({
  password: z
    .strictObject({
      strength: z
        .enum(['medium', 'strong', 'very-strong', 'length'])
        .default('medium')
        .describe('Composition rule: PWD-1, or length alone.'),
      minLength: z
        .int()
        .min(8)
        .max(64)
        .default(8)
        .describe('Smallest length in code points; a strength that asks for more wins.'),
      historyCount: z
        .int()
        .min(4)
        .max(25)
        .default(4)
        .describe('How many of the last passwords, the current one counted first, may not come back.'),
      temporaryLifetimeHours: z
        .int()
        .min(1)
        .max(2_160)
        .default(336)
        .describe('How long an unused temporary password lives.'),
    })
    .prefault({}),
  lockout: z
    .strictObject({
      user: limit('Wrong passwords in a row that lock an account of a user.'),
      agent: limit('Wrong passwords in a row that lock an account of an agent.'),
      secondFactor: limit('Wrong codes in a row that lock an account.'),
      reveal: z
        .enum(['always', 'never'])
        .default('always')
        .describe('Whether a locked person meets the lock page, or the answer to a wrong password.'),
      contactLine: z.string().max(200).default('').describe('Whom the lock page names.'),
    })
    .prefault({}),
  secondFactor: z
    .strictObject({
      mode: z
        .enum(['off', 'voluntary', 'enrolment', 'required'])
        .default('off')
        .describe('Who must have a second factor (MFA-1).'),
      populations: z
        .array(z.enum(['user', 'agent']))
        .default(['user', 'agent'])
        .describe('The populations that the mode holds for.'),
      driftSteps: z
        .int()
        .min(0)
        .max(1)
        .default(1)
        .describe('How many earlier 30-second steps of a code are accepted.'),
    })
    .prefault({}),
  session: z
    .strictObject({
      idleMinutes: z
        .int()
        .min(5)
        .max(10_080)
        .default(120)
        .describe('A session ends after this long without use.'),
      absoluteMinutes: z
        .int()
        .min(15)
        .max(43_200)
        .default(1_440)
        .describe('A session ends this long after sign-in.'),
      endsWithBrowser: z
        .boolean()
        .default(false)
        .describe('Whether the session cookie goes when the browser closes.'),
    })
    .prefault({}),
  signIn: z
    .strictObject({
      caseSensitiveNames: z
        .array(z.enum(['user', 'agent']))
        .default(['user', 'agent'])
        .describe('The populations whose names are compared with case.'),
    })
    .prefault({}),
});

export type Policy = z.output<typeof policySchema>;

export interface PolicyMistake {
  /** Dotted, such as `lockout.user`. */
  path: string;
  message: string;
}

/** Reads a policy, filling in defaults. @returns every mistake at once, by path */
export function parsePolicy(document: unknown): { policy: Policy } | { mistakes: PolicyMistake[] } {
  const parsed = policySchema.safeParse(document);
  if (parsed.success) return { policy: parsed.data };
  const mistakes = parsed.error.issues.map((issue) => ({
    path: issue.path.join('.'),
    message: issue.message,
  }));
  return { mistakes };
}

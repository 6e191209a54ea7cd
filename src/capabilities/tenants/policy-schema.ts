import { z } from 'zod';
import { isRange, isTimeZone } from '../../foundation/base/index.ts';

/** What the reference says of a value beside its limits: prose, and the promise or standard it comes from. */
type Described = { description: string; source: string };

/** `says('…', 'PWD-5')` */
function says(description: string, source: string): Described {
  return { description, source };
}

function whole(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int(error).min(min, error).max(max, error);
}

const yesOrNo = z.boolean('must be true or false');
const range = z.string().refine(isRange, 'must be an address or a range such as 10.0.0.0/8');
const ranges = z.array(range, 'must be a list of addresses and ranges').max(200);
const populations = z.array(
  z.enum(['user', 'agent'], 'must be user or agent'),
  'must be a list of populations',
);
const roleNames = ['SysAdmin', 'SuperUser', 'Manager', 'Agent'] as const;

/** Names of programs, as the site recommends them. */
const apps = z.array(z.string().trim().min(1).max(60), 'must be a list of names').min(1).max(10);

const limit = (what: string, source: string) => whole(1, 9).default(5).meta(says(what, source));

const password = z.strictObject({
  strength: z
    .enum(['medium', 'strong', 'very-strong', 'length'])
    .default('medium')
    .meta(
      says(
        'medium: 8 characters with a digit and a letter; strong: and a special; very-strong: 12 with all three; length: 15, or 8 beside a second factor, and nothing else.',
        'PWD-1, PWD-13',
      ),
    ),
  minLength: whole(8, 64)
    .default(8)
    .meta(says('Smallest length in code points; a strength that asks for more wins.', 'S1')),
  historyCount: whole(4, 25)
    .default(4)
    .meta(says('How many of the last passwords, the current one counted first, may not come back.', 'PWD-4')),
  expireAfterDays: whole(1, 3_650)
    .nullable()
    .default(null)
    .meta(says('Days after which a password must be changed at the next sign-in, or null: off.', 'PWD-5')),
  warnDays: whole(0, 90)
    .default(14)
    .meta(says('How many days before expiry a sign-in warns; 0: never.', 'PWD-14')),
  setByOthers: z
    .enum(['temporary', 'permanent', 'link'])
    .default('temporary')
    .meta(
      says(
        'When others set a password: it must be changed at the next sign-in, is like any other, or a link is sent.',
        'PWD-7',
      ),
    ),
  temporaryLifetimeHours: whole(1, 2_160)
    .default(336)
    .meta(says('How long an unused temporary password lives.', 'PWD-7')),
  blockList: yesOrNo
    .default(false)
    .meta(says('Whether common and breached passwords are refused.', 'PWD-13')),
  blockedWords: z
    .array(
      z.string().trim().min(4, 'a blocked word has at least 4 characters').max(64),
      'must be a list of words',
    )
    .max(500)
    .default([])
    .meta(
      says(
        'Words that no password may be made of, such as the name of the site; beside the block list.',
        'PWD-13',
      ),
    ),
  personalData: yesOrNo
    .default(false)
    .meta(
      says('Whether parts of name, user name, e-mail and client code are refused in a password.', 'PWD-13'),
    ),
  forgottenByMail: yesOrNo
    .default(false)
    .meta(says('Whether a person may ask for a link to set a new password.', 'PWD-15')),
});

const lockout = z.strictObject({
  user: limit('Wrong passwords in a row that lock an account of a user.', 'LCK-1'),
  agent: limit('Wrong passwords in a row that lock an account of an agent.', 'LCK-1'),
  secondFactor: limit('Wrong codes in a row that lock an account.', 'LCK-3'),
  reveal: z
    .enum(['always', 'never'])
    .default('always')
    .meta(says('Whether a locked person meets the lock page, or the answer to a wrong password.', 'LCK-4')),
  endsSessions: yesOrNo
    .default(false)
    .meta(says('Whether a lock by failures ends running sessions too.', 'SES-4')),
  splitBudgets: yesOrNo
    .default(false)
    .meta(
      says(
        'Whether browsers that the person has signed in with before have a count of their own, so that strangers cannot lock the person out.',
        'LCK-7',
      ),
    ),
  waitFrom: whole(1, 9)
    .nullable()
    .default(null)
    .meta(says('The wrong password in a row from which a wait begins, or null: off.', 'LCK-7')),
  waitSeconds: whole(1, 3_600).default(30).meta(says('How long the first wait is.', 'LCK-7')),
  waitGrowth: whole(1, 4).default(2).meta(says('How many times longer each further wait is.', 'LCK-7')),
  networkTries: whole(10, 100_000)
    .nullable()
    .default(null)
    .meta(
      says(
        'Failed tries of unknown browsers on one network in ten minutes before it waits, or null: off. This locks no one.',
        'LCK-7',
      ),
    ),
  siteNetworks: ranges
    .default([])
    .meta(says('The networks of the site itself, whose budget is `lockout.siteTries`.', 'LCK-7')),
  siteTries: whole(10, 100_000)
    .default(1_000)
    .meta(says('As `lockout.networkTries`, for each of the networks of the site.', 'LCK-7')),
  contactLine: z.string().max(200).default('').meta(says('Whom the lock page names.', 'LCK-4')),
});

const secondFactor = z.strictObject({
  mode: z
    .enum(['off', 'voluntary', 'enrolment', 'required'])
    .default('off')
    .meta(says('Who must have a second factor.', 'MFA-1')),
  populations: populations
    .default(['user', 'agent'])
    .meta(says('The populations that the mode holds for.', 'MFA-1')),
  roles: z
    .array(z.enum(roleNames), 'must be a list of roles')
    .default([...roleNames])
    .meta(says('The roles that the mode holds for.', 'MFA-1')),
  methods: z
    .array(z.enum(['app', 'hardware', 'mail', 'passkey']), 'must be a list of methods')
    .default(['app'])
    .meta(says('What may be set up as a second factor.', 'MFA-2, MFA-9, MFA-14, MFA-16')),
  phoneApps: apps
    .default(['Google Authenticator', 'Microsoft Authenticator', 'Aegis'])
    .meta(says('Authenticator apps for phones that the set-up names.', 'MFA-2')),
  desktopApps: apps
    .default(['KeePassXC', '1Password'])
    .meta(says('Authenticator apps for desktops that the set-up names.', 'MFA-2')),
  driftSteps: whole(0, 1)
    .default(1)
    .meta(says('How many earlier 30-second steps of a code are accepted.', 'MFA-15')),
  recoveryCodes: whole(8, 20)
    .nullable()
    .default(null)
    .meta(says('How many recovery codes a person gets, or null: off.', 'MFA-10')),
  loginCodes: yesOrNo
    .default(false)
    .meta(says('Whether administrators may issue one-time login codes.', 'MFA-11')),
  loginCodeMinutes: whole(1, 60).default(30).meta(says('How long a login code lives.', 'MFA-11')),
  trustDays: z
    .union([z.literal('off'), z.literal('every-sign-in'), z.literal([14, 30, 60, 90])], {
      error: 'must be off, every-sign-in, 14, 30, 60 or 90',
    })
    .default('off')
    .meta(
      says(
        'How long a browser may skip the code: a choice that the site has not, every sign-in, or days.',
        'MFA-13',
      ),
    ),
  waitFrom: whole(1, 9)
    .nullable()
    .default(null)
    .meta(says('The wrong code in a row from which a wait begins, or null: off.', 'MFA-12')),
  waitSeconds: whole(1, 3_600).default(300).meta(says('How long the first wait is.', 'MFA-12')),
  waitGrowth: whole(1, 4).default(1).meta(says('How many times longer each further wait is.', 'MFA-12')),
});

const session = z.strictObject({
  idleMinutes: whole(5, 10_080)
    .default(120)
    .meta(says('A session ends after this long without use.', 'SES-2')),
  absoluteMinutes: whole(15, 43_200)
    .default(1_440)
    .meta(says('A session ends this long after sign-in.', 'SES-2')),
  apiIdleMinutes: whole(5, 10_080)
    .default(120)
    .meta(says('A session of the session API ends after this long without use.', 'API-6')),
  endsWithBrowser: yesOrNo
    .default(false)
    .meta(
      says(
        'Whether the session cookie goes when the browser closes, and no token outlives the session.',
        'SGN-4',
      ),
    ),
  sharedDesk: yesOrNo
    .default(false)
    .meta(says('Desks that several people share: no trusted browsers, one session a person.', 'MFA-17')),
});

const signIn = z.strictObject({
  identifiedBy: z
    .enum(['userName', 'email', 'either'])
    .default('userName')
    .meta(says('What a person types to say who they are.', 'ACC-3')),
  methods: z
    .array(z.enum(['password', 'passkey', 'upstream']), 'must be a list of methods')
    .refine((list) => list.includes('password'), 'must hold password: there is no upstream sign-in yet')
    .default(['password'])
    .meta(
      says(
        'How people sign in: by password, or with only a passkey if `passkey` is listed; it must verify the person.',
        'SGN-7, MFA-16',
      ),
    ),
  networks: z
    .strictObject({ user: ranges.default([]), agent: ranges.default([]) })
    .default({ user: [], agent: [] })
    .meta(
      says(
        'The address ranges from which each population may sign in; an empty list: from everywhere.',
        'SGN-5',
      ),
    ),
  caseSensitiveNames: populations
    .default(['user', 'agent'])
    .meta(says('The populations whose names are compared with case.', 'ACC-2')),
  trustUpstreamFactor: yesOrNo
    .default(false)
    .meta(says('Whether a factor of the upstream provider stands for ours.', 'MFA-18')),
});

const locale = z.strictObject({
  timeZone: z
    .string()
    .refine(isTimeZone, 'must be a time zone such as Europe/Berlin or UTC')
    .default('UTC')
    .meta(
      says(
        'The IANA time zone of the site: pages, slips and mails tell days and times in it. Commands, logs and APIs stay in UTC.',
        'SGN-8',
      ),
    ),
});

const groups = {
  password: password.prefault({}),
  lockout: lockout.prefault({}),
  secondFactor: secondFactor.prefault({}),
  session: session.prefault({}),
  signIn: signIn.prefault({}),
  locale: locale.prefault({}),
};

const shapes = { password, lockout, secondFactor, session, signIn, locale };

/** The path whose value marks others. */
export const OPERATOR_ONLY = 'operatorOnly';

const operatorOnly = z
  .array(
    z.string().refine((path): boolean => policyValues.has(path), 'there is no such value'),
    'must be a list of paths',
  )
  .default([])
  .meta(says('The values that only the operator of the installation changes.', 'TEN-4'));

/** Every value by its path: what the schema, `policy set`, the reference and a list of operator-only values speak of. */
export const policyValues: ReadonlyMap<string, z.ZodType> = new Map([
  ...Object.entries(shapes).flatMap(([group, { shape }]) =>
    Object.entries(shape).map(([name, schema]): [string, z.ZodType] => [`${group}.${name}`, schema]),
  ),
  [OPERATOR_ONLY, operatorOnly] as const,
]);

/** One tenant's rules. Each value's path is its name for `policy set`, the API and the preset files; units are in the names. */
export const policySchema = z.strictObject({
  ...groups,
  [OPERATOR_ONLY]: operatorOnly,
});

export type Policy = z.output<typeof policySchema>;

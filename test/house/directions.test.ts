import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';

interface Import {
  from: string;
  to: string;
  isTypeOnly: boolean;
}

const files = (readdirSync('src', { recursive: true }) as string[])
  .filter((f) => f.endsWith('.ts'))
  .map((f) => `src/${f}`);
const IMPORT =
  /^(?:import|export)\s+(type\s+)?([^;'"]*?)\s*from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gm;

/** Whether every name between the braces is a type. */
function namesAreTypes(clause: string): boolean {
  const inside = /\{([^}]*)\}/.exec(clause)?.[1];
  if (inside === undefined || !clause.trim().startsWith('{')) return false;
  return inside
    .split(',')
    .map((n) => n.trim())
    .filter(Boolean)
    .every((n) => n.startsWith('type '));
}

const imports: Import[] = files.flatMap((from) =>
  [...readFileSync(from, 'utf8').matchAll(IMPORT)].map(([, type, clause = '', named, bare, dynamic]) => ({
    from,
    to: named ?? bare ?? dynamic ?? '',
    isTypeOnly: type !== undefined || namesAreTypes(clause),
  })),
);

/** The room of a file: a folder of src, or the file itself at the top. */
function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

const CAPABILITIES = [
  'tenants',
  'accounts',
  'passwords',
  'lockout',
  'second-factor',
  'sessions',
  'audit',
  'mail',
  'jobs',
  'outbound',
  'api-sessions',
  'metrics',
];
const DOORS = ['sign-in', 'oidc', 'set-up', 'self-service', 'recovery', 'session-api', 'demo'];
const CAPABILITIES_AND_BASE = [...CAPABILITIES, 'base'];
const CAPABILITY_VALUES = [...CAPABILITIES, 'stores', 'web', 'base'];

/** What the core is built of. */
const CORE = [
  ...CAPABILITIES,
  'administration',
  'credentials',
  'standing.ts',
  'short-lived.ts',
  'open-stores.ts',
  'oidc',
  'stores',
  'base',
  'settings',
];

/** Whom a room may import values from; types may come from more. */
const VALUES: Record<string, readonly string[]> = {
  base: [],
  settings: ['base'],
  stores: ['base'],
  web: ['base'],
  ...Object.fromEntries(CAPABILITIES.map((room) => [room, ['base']])),
  administration: CAPABILITIES_AND_BASE,
  credentials: CAPABILITIES_AND_BASE,
  'sign-in': CAPABILITY_VALUES,
  'self-service': [...CAPABILITY_VALUES, 'oidc'],
  recovery: CAPABILITY_VALUES,
  'session-api': CAPABILITY_VALUES,
  'standing.ts': CAPABILITIES_AND_BASE,
  oidc: CAPABILITY_VALUES,
  'set-up': CAPABILITY_VALUES,
  demo: [...CAPABILITY_VALUES, 'app.ts'],
  'short-lived.ts': ['oidc'],
  'open-stores.ts': ['metrics', 'stores', 'base', 'settings'],
  'core-parts.ts': CORE,
  'core.ts': [...CORE, 'core-parts.ts'],
  'workers.ts': ['metrics', 'web', 'base'],
  'sweeping.ts': ['base'],
  'app.ts': [...CAPABILITIES, ...DOORS, 'web', 'base', 'sweeping.ts'],
  cli: [...CAPABILITIES, 'administration', 'base', 'settings', 'core.ts', 'app.ts', 'workers.ts', 'demo'],
  'main.ts': ['cli'],
};
const TYPES: Record<string, readonly string[]> = {
  ...Object.fromEntries(CAPABILITIES.map((room) => [room, [...CAPABILITIES, 'stores', 'base']])),
  'sign-in': ['oidc', 'credentials'],
  'self-service': ['credentials'],
  recovery: ['oidc', 'credentials'],
  'session-api': ['credentials'],
  demo: ['core.ts', 'settings'],
  'sweeping.ts': ['core.ts'],
  'app.ts': ['core.ts'],
  'short-lived.ts': ['sessions', 'stores'],
  'core-parts.ts': ['core.ts'],
  'workers.ts': ['settings'],
  administration: ['stores', 'oidc'],
  cli: ['oidc'],
};

const own = imports
  .filter(({ to }) => to.startsWith('.') && !to.endsWith('.json'))
  .map((i) => ({ ...i, target: normalize(join(dirname(i.from), i.to)) }));
const between = own.filter(({ from, target }) => roomOf(from) !== roomOf(target));

describe('who may import whom', () => {
  test('there is something to check', () => {
    expect(files.length).toBeGreaterThan(60);
    expect(between.length).toBeGreaterThan(100);
  });

  test('every room keeps to its direction', () => {
    const wrong = between.filter(({ from, target, isTypeOnly }) => {
      const room = roomOf(from);
      const allowed = [...(VALUES[room] ?? []), ...(isTypeOnly ? (TYPES[room] ?? []) : [])];
      return !allowed.includes(roomOf(target));
    });
    expect(
      wrong.map(({ from, target, isTypeOnly }) => `${from} -> ${target}${isTypeOnly ? ' (types)' : ''}`),
    ).toEqual([]);
  });

  test('a room is entered through its index', () => {
    const doors = /\/(index|core)\.ts$|^src\/[a-z-]+\.ts$/;
    expect(
      between.filter(({ target }) => !doors.test(target)).map(({ from, target }) => `${from} -> ${target}`),
    ).toEqual([]);
  });

  test('each kind of package has its place', () => {
    const places: [RegExp, RegExp][] = [
      [/^oidc-provider/, /^src\/oidc\//],
      [/^(node:sqlite|mongodb|ioredis)$/, /^src\/stores\//],
      [/^argon2$/, /^src\/passwords\//],
      [/^otplib$/, /^src\/second-factor\//],
      [/^openid-client$/, /^src\/demo\//],
      [
        /^(koa|@koa\/router|koa-compose)$/,
        /^src\/(web|oidc)\/|^src\/app\.ts$|routes\.ts$|^src\/demo\/sample-application\.ts$/,
      ],
    ];
    const wrong = imports.filter(({ from, to }) =>
      places.some(([what, where]) => what.test(to) && !where.test(from)),
    );
    expect(wrong).toEqual([]);
  });

  test('the environment is read in settings, the clock and randomness in base', () => {
    const rules: [RegExp, RegExp][] = [
      [/process\.env/, /^src\/settings\//],
      [/\bDate\.now\b|new Date\b/, /^src\/base\//],
      [
        /Math\.random|randomBytes|randomUUID|randomInt/,
        /^src\/(base\/|settings\/master-key|passwords\/hasher)/,
      ],
    ];
    const wrong = files.flatMap((file) =>
      rules
        .filter(([what, where]) => what.test(readFileSync(file, 'utf8')) && !where.test(file))
        .map(([what]) => `${file}: ${what}`),
    );
    expect(wrong).toEqual([]);
  });

  test('every room opens by saying what it owns and what it does not', () => {
    const rooms = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of rooms) {
      const [first, second] = readFileSync(`src/${name}/index.ts`, 'utf8').split('\n');
      expect(first?.startsWith(`// ${name}: `)).toBe(true);
      expect(second?.startsWith('// Not here: ')).toBe(true);
    }
  });
});

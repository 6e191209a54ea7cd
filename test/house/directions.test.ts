import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

const TIERS = ['foundation', 'capabilities', 'use-cases', 'doors'] as const;
type Tier = (typeof TIERS)[number];

/** The tier of a file; `top` for what puts everything together: main, app, core and the files beside them. */
function tierOf(file: string): Tier | 'top' {
  const [, first = ''] = file.split('/');
  return TIERS.find((tier) => tier === first) ?? 'top';
}

/** The room of a file: a folder of a tier, the folder `core`, or a file at the top. */
function roomOf(file: string): string {
  const [, first = '', second = ''] = file.split('/');
  return tierOf(file) === 'top' ? first : second;
}

const between = imports
  .filter(({ to }) => to.startsWith('.') && !to.endsWith('.json'))
  .map((i) => ({ ...i, target: normalize(join(dirname(i.from), i.to)) }))
  .filter(({ from, target }) => roomOf(from) !== roomOf(target));

/** Rooms that reach further than their tier, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, { to: readonly string[]; typesOnly?: true }>> = {
  // The command line opens the stores, starts the server and the demo.
  cli: { to: ['core', 'app.ts', 'workers.ts', 'demo'] },
  // The demo starts the server with its own pages beside it.
  demo: { to: ['app.ts', 'core'] },
  // The admin API takes tokens of the engine, and is handed what reads them.
  'admin-api': { to: ['oidc'], typesOnly: true },
  // These pages need to know who the engine says is signed in.
  'sign-in': { to: ['oidc'], typesOnly: true },
  'self-service': { to: ['oidc'] },
};

function isAllowed(from: string, target: string, isTypeOnly: boolean): boolean {
  const [tier, to] = [tierOf(from), tierOf(target)];
  const exception = EXCEPTIONS[roomOf(from)];
  if (exception?.to.includes(roomOf(target)) && (isTypeOnly || !exception.typesOnly)) return true;
  // 1. What puts everything together may import everything but main.
  if (tier === 'top') return roomOf(target) !== 'main.ts';
  if (to === 'top') return false;
  // 2. Inside the foundation the rooms stand on base, and base stands on nothing.
  if (tier === 'foundation') return to === 'foundation' && roomOf(target) === 'base';
  // 3. A tier imports the tiers below it.
  if (TIERS.indexOf(to) < TIERS.indexOf(tier)) return true;
  // 4. Capabilities know only types of one another; what they need of one another is handed over in core.
  return tier === 'capabilities' && to === 'capabilities' && isTypeOnly;
}

/** A way from a room back to itself, or undefined. */
function cycleFrom(start: string, edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const seen = new Set<string>();
  const walk = (room: string, path: string[]): string[] | undefined => {
    for (const next of edges.get(room) ?? []) {
      if (next === start) return [...path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...path, next]);
      if (found) return found;
    }
    return undefined;
  };
  return walk(start, [start]);
}

describe('who may import whom', () => {
  test('there is something to check', () => {
    expect(files.length).toBeGreaterThan(200);
    expect(between.length).toBeGreaterThan(400);
  });

  test('every import keeps to the four rules', () => {
    const wrong = between.filter(({ from, target, isTypeOnly }) => !isAllowed(from, target, isTypeOnly));
    expect(
      wrong.map(({ from, target, isTypeOnly }) => `${from} -> ${target}${isTypeOnly ? ' (types)' : ''}`),
    ).toEqual([]);
  });

  test('no exception is left that nothing uses', () => {
    const used = (room: string, to: string) =>
      between.some(({ from, target }) => roomOf(from) === room && roomOf(target) === to);
    const idle = Object.entries(EXCEPTIONS).flatMap(([room, { to }]) =>
      to.filter((target) => !used(room, target)).map((target) => `${room} -> ${target}`),
    );
    expect(idle).toEqual([]);
  });

  test('capabilities know of one another without cycles', () => {
    const edges = new Map<string, Set<string>>();
    for (const { from, target } of between)
      if (tierOf(from) === 'capabilities' && tierOf(target) === 'capabilities')
        edges.set(roomOf(from), (edges.get(roomOf(from)) ?? new Set()).add(roomOf(target)));
    const cycles = [...edges.keys()].map((room) => cycleFrom(room, edges)).filter(Boolean);
    expect(cycles.map((cycle) => cycle?.join(' -> '))).toEqual([]);
  });

  test('a room is entered through its index', () => {
    const doors = /\/index\.ts$|^src\/[a-z-]+\.ts$/;
    expect(
      between.filter(({ target }) => !doors.test(target)).map(({ from, target }) => `${from} -> ${target}`),
    ).toEqual([]);
  });

  test('each kind of package has its place', () => {
    const places: [RegExp, RegExp][] = [
      [/^oidc-provider/, /^src\/doors\/oidc\//],
      [/^(node:sqlite|mongodb|ioredis)$/, /^src\/foundation\/stores\//],
      [/^argon2$/, /^src\/capabilities\/passwords\//],
      [/^otplib$/, /^src\/capabilities\/second-factor\//],
      [/^openid-client$/, /^src\/doors\/demo\//],
      [
        /^(koa|@koa\/router|koa-compose)$/,
        /^src\/(foundation\/web|doors\/oidc)\/|^src\/serving\.ts$|routes\.ts$|^src\/doors\/demo\/sample-application\.ts$/,
      ],
    ];
    const wrong = imports.filter(({ from, to }) =>
      places.some(([what, where]) => what.test(to) && !where.test(from)),
    );
    expect(wrong).toEqual([]);
  });

  test('the environment is read in settings, the clock and randomness in base', () => {
    const rules: [RegExp, RegExp][] = [
      [/process\.env/, /^src\/foundation\/settings\//],
      [/\bDate\.now\b|new Date\b/, /^src\/foundation\/base\//],
      [
        /Math\.random|randomBytes|randomUUID|randomInt/,
        /^src\/(foundation\/base\/|foundation\/settings\/master-key|capabilities\/passwords\/hasher)/,
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
    const rooms = TIERS.flatMap((tier) =>
      readdirSync(`src/${tier}`, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${tier}/${name}`),
    );
    const silent = rooms.filter((room) => {
      const index = `src/${room}/index.ts`;
      const [first, second] = existsSync(index) ? readFileSync(index, 'utf8').split('\n') : [];
      return !first?.startsWith(`// ${room.split('/')[1]}: `) || !second?.startsWith('// Not here: ');
    });
    expect(silent).toEqual([]);
  });
});

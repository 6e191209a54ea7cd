// What is measured, and what it must reach: ratios against the floor or the hash limit, for each pair of stores.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { load, median, type Round, send } from './load.ts';
import { type Measured, startNode } from './processes.ts';
import { OUR_PATHS, type Pair, type Product, programLogin, signIn } from './product.ts';
import { basic, type Client, type Paths, Visitor } from './visitor.ts';

export interface Plan {
  rounds: number;
  seconds: number;
  warmSeconds: number;
}

export interface Row {
  id: string;
  what: string;
  pair: Pair;
  ours: string;
  reference: string;
  ratio: number;
  goal: number;
  /** `least`: the ratio must be at least the goal; `most`: at most. */
  sense: 'least' | 'most';
}

export type Report = (row: Row) => void;

export const FLOOR_PATHS: Paths = {
  authorize: '/auth',
  token: '/token',
  introspect: '/token/introspection',
  userinfo: '/me',
  jwks: '/jwks',
};
const FLOOR_MACHINE: Client = { id: 'machine', secret: 'machine-secret-of-the-floor-0123456789' };
const FLOOR_DESK: Client = { id: 'desk', secret: 'desk-secret-of-the-floor-0123456789012' };

export const GOALS: Record<string, Record<Pair, number>> = {
  B1: { embedded: 0.8, servers: 0.6 },
  B2: { embedded: 0.75, servers: 0.65 },
  B3: { embedded: 0.6, servers: 0.45 },
  B4: { embedded: 0.6, servers: 0.45 },
  B5: { embedded: 0.7, servers: 0.55 },
  B6: { embedded: 0.65, servers: 0.5 },
  B7: { embedded: 1, servers: 1 },
  B9: { embedded: 1.3, servers: 1.3 },
  B10: { embedded: 1.5, servers: 2.5 },
  B15: { embedded: 0.7, servers: 0.55 },
};
const WIDTH = 16;
const SESSION_BYTES = 2_500;
/** Until what the start left behind is collected: idle memory is that of an idle process. */
const IDLE_MS = 500;

function shown(rounds: readonly Round[]): string {
  const figures = rounds.map((r) => r.perSecond);
  const cpu = median(rounds.map((r) => r.cpuMsPerOperation)).toFixed(2);
  return `${median(figures).toFixed(0)}/s (${Math.min(...figures).toFixed(0)}–${Math.max(...figures).toFixed(0)}, ${cpu} ms CPU)`;
}

type Operation = (n: number, slot: number) => Promise<unknown>;

/** A B A B …: each side is loaded in turn, so that a slow minute of the machine hits both. */
async function sideBySide(
  plan: Plan,
  sides: { server: Measured; operation: Operation }[],
): Promise<Round[][]> {
  for (const { server, operation } of sides) await load(operation, WIDTH, plan.warmSeconds, server.cpuMs);
  const rounds: Round[][] = sides.map(() => []);
  for (let round = 0; round < plan.rounds; round++) {
    for (const [i, { server, operation }] of sides.entries())
      rounds[i]?.push(await load(operation, WIDTH, plan.seconds, server.cpuMs));
  }
  return rounds;
}

interface Side {
  server: Measured;
  paths: Paths;
  machine: Client;
  visitors: Visitor[];
}

function machineToken({ server, paths, machine }: Side): Operation {
  const headers = { authorization: basic(machine) };
  return async () => {
    const answer = await send(
      server.port,
      'POST',
      paths.token,
      headers,
      'grant_type=client_credentials&scope=read',
    );
    if (answer.status !== 200) throw new Error(`token: ${answer.status} ${answer.body}`);
  };
}

function wellKnown({ server, paths }: Side): Operation {
  return async (n) => {
    const answer = await send(server.port, 'GET', n % 2 ? '/.well-known/openid-configuration' : paths.jwks);
    if (answer.status !== 200) throw new Error(`discovery: ${answer.status}`);
  };
}

function byVisitor(work: (visitor: Visitor) => Promise<unknown>) {
  return ({ visitors }: Side): Operation =>
    (_n, slot) =>
      work(visitors[slot % visitors.length] as Visitor);
}

const AGAINST_FLOOR: readonly {
  id: string;
  what: string;
  isQuick: boolean;
  operation(side: Side): Operation;
}[] = [
  { id: 'B1', what: 'client credentials, JWT ES256', isQuick: true, operation: machineToken },
  {
    id: 'B3',
    what: 'authorize again with a session',
    isQuick: false,
    operation: byVisitor((v) => v.authorizeAgain()),
  },
  { id: 'B4', what: 'refresh with rotation', isQuick: true, operation: byVisitor((v) => v.refresh()) },
  {
    id: 'B5',
    what: 'introspection of an opaque token',
    isQuick: true,
    operation: byVisitor((v) => v.introspect()),
  },
  { id: 'B6', what: 'userinfo', isQuick: false, operation: byVisitor((v) => v.userinfo()) },
  { id: 'B7', what: 'discovery and JWKS', isQuick: false, operation: wellKnown },
];

/** At the floor one is signed in by asking. */
async function enterFloor(port: number): Promise<Visitor> {
  const visitor = new Visitor(port, FLOOR_PATHS, FLOOR_DESK);
  let at = String((await visitor.go('GET', visitor.authorizationRequest(), 303)).headers.location);
  while (!at.includes('code=')) {
    const { pathname, search } = new URL(at, 'http://localhost');
    at = String((await visitor.go('GET', `${pathname}${search}`, 303)).headers.location);
  }
  await visitor.redeem(at);
  return visitor;
}

/** B1 and B3 to B7: ours against the floor. */
export async function againstFloor(
  {
    plan,
    isQuick,
    pair,
    product,
    name,
    report,
  }: { plan: Plan; isQuick: boolean; pair: Pair; product: Product; name: string; report: Report },
  ours: Measured,
  floor: Measured,
  offset: { next: number },
): Promise<void> {
  const slots = Array.from({ length: WIDTH }, (_, i) => i);
  const sides: [Side, Side] = [
    {
      server: ours,
      paths: OUR_PATHS,
      machine: product.machine,
      visitors: await Promise.all(slots.map(() => signIn(product, offset.next++))),
    },
    {
      server: floor,
      paths: FLOOR_PATHS,
      machine: FLOOR_MACHINE,
      visitors: await Promise.all(slots.map(() => enterFloor(floor.port))),
    },
  ];
  for (const { id, what, operation } of AGAINST_FLOOR.filter((s) => s.isQuick || !isQuick)) {
    const [mine = [], bare = []] = await sideBySide(
      plan,
      sides.map((side) => ({ server: side.server, operation: operation(side) })),
    );
    const ratio = median(mine.map((r) => r.perSecond)) / median(bare.map((r) => r.perSecond));
    report({
      id,
      what: `${what}, ${name}`,
      pair,
      ours: shown(mine),
      reference: `${shown(bare)} floor`,
      ratio,
      goal: GOALS[id]?.[pair] ?? 0,
      sense: 'least',
    });
  }
  await programs({ plan, pair, product, name, report }, sides);
  const winners = await sides[0].visitors[0]?.raceRefresh();
  if (winners !== undefined && winners > 1)
    throw new Error(`B4: ${winners} of 20 refreshes of one token won`);
}

/** B15: the session of a program validated, against what the bare engine takes to introspect a token. */
async function programs(
  {
    plan,
    pair,
    product,
    name,
    report,
  }: { plan: Plan; pair: Pair; product: Product; name: string; report: Report },
  [ours, floor]: [Side, Side],
): Promise<void> {
  const slots = Array.from({ length: WIDTH }, (_, i) => i);
  const ids: string[] = [];
  for (const slot of slots) ids.push(await programLogin(product, slot));
  const headers = { 'lv-access': product.program.token };
  const validate: Operation = async (_n, slot) => {
    const answer = await send(ours.server.port, 'GET', `/session/validate/${ids[slot % WIDTH]}`, headers);
    if (answer.status !== 200) throw new Error(`validate: ${answer.status} ${answer.body}`);
  };
  const introspect = byVisitor((v) => v.introspect())(floor);
  const [mine = [], bare = []] = await sideBySide(plan, [
    { server: ours.server, operation: validate },
    { server: floor.server, operation: introspect },
  ]);
  report({
    id: 'B15',
    what: `session API: validate, ${name}`,
    pair,
    ours: shown(mine),
    reference: `${shown(bare)} floor's introspection`,
    ratio: median(mine.map((r) => r.perSecond)) / median(bare.map((r) => r.perSecond)),
    goal: GOALS.B15?.[pair] ?? 0,
    sense: 'least',
  });
}

async function hashLimit(plan: Plan, core: number | undefined): Promise<number> {
  const child = startNode('hash-limit.ts', [String(plan.seconds)], {}, core);
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  await once(child, 'close');
  return (JSON.parse(printed) as { perSecond: number }).perSecond;
}

/** B2, and of B9 the bytes that each of these sign-ins left in the store. */
export async function signIns(
  {
    plan,
    pair,
    product,
    name,
    report,
  }: { plan: Plan; pair: Pair; product: Product; name: string; report: Report },
  server: Measured,
  core: number | undefined,
  offset: { next: number },
): Promise<void> {
  const one = () => signIn(product, offset.next++);
  await load(one, 8, 4 * plan.warmSeconds, server.cpuMs);
  const bytesBefore = await product.ephemeralBytes();
  const before = offset.next;
  const ours: Round[] = [];
  const limits: number[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    limits.push(await hashLimit(plan, core));
    ours.push(await load(one, 8, plan.seconds, server.cpuMs));
  }
  const bytes = ((await product.ephemeralBytes()) - bytesBefore) / (offset.next - before);
  const goal = GOALS.B2?.[pair] ?? 0;
  const ratio = median(ours.map((r) => r.perSecond)) / median(limits);
  report({
    id: 'B2',
    what: `full sign-in with TOTP, 8 at once, ${name}`,
    pair,
    ours: shown(ours),
    reference: `${median(limits).toFixed(0)}/s hash limit`,
    ratio,
    goal,
    sense: 'least',
  });
  const logins: Round[] = [];
  for (let round = 0; round < plan.rounds; round++)
    logins.push(await load((n) => programLogin(product, n), 8, plan.seconds, server.cpuMs));
  report({
    id: 'B15',
    what: `session API: login, one hash each, 8 at once, ${name}`,
    pair,
    ours: shown(logins),
    reference: `${median(limits).toFixed(0)}/s hash limit`,
    ratio: median(logins.map((r) => r.perSecond)) / median(limits),
    goal,
    sense: 'least',
  });
  const tail = median(ours.map((r) => r.p99 / r.p50));
  const [p99, p50] = [median(ours.map((r) => r.p99)), median(ours.map((r) => r.p50))];
  report({
    id: 'B2',
    what: `its p99 against its p50, ${name}`,
    pair,
    ours: `${p99.toFixed(0)} ms`,
    reference: `${p50.toFixed(0)} ms`,
    ratio: tail,
    goal: 3,
    sense: 'most',
  });
  report({
    id: 'B9',
    what: `bytes in the store for one who signed in, ${name}`,
    pair,
    ours: `${bytes.toFixed(0)} bytes`,
    reference: `${SESSION_BYTES} bytes`,
    ratio: bytes / SESSION_BYTES,
    goal: 1,
    sense: 'most',
  });
}

/** The second start and what the idle process holds. The first start warms the compile cache. */
export async function starts(
  plan: Plan,
  make: () => Promise<Measured>,
): Promise<{ startMs: number; residentMiB: number }> {
  const times: number[] = [];
  const memory: number[] = [];
  for (let i = 0; i <= plan.rounds; i++) {
    const server = await make();
    await pause(IDLE_MS);
    if (i > 0) {
      times.push(server.startMs);
      memory.push(server.residentMiB());
    }
    await server.stop();
  }
  return { startMs: median(times), residentMiB: median(memory) };
}

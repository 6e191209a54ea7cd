// The load scenarios against their references, side by side in one run. Ratios decide; absolute figures are printed beside.

import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { load, median, type Round, send } from './load.ts';
import { bindDriver, type Measured, startNode, startServer } from './processes.ts';
import { basic, type Product, prepareProduct, signIn } from './product.ts';

const args = new Set(process.argv.slice(2));
const isQuick = args.has('--quick');
const ROUNDS = isQuick ? 3 : 5;
const SECONDS = isQuick ? 2 : 5;
const WARM_SECONDS = isQuick ? 2 : 5;
const ALLOWANCE = isQuick ? 0.85 : 1;
const SERVER_CORE = 1;
/** Until what the start left behind is collected: idle memory is that of an idle process. */
const IDLE_MS = 500;
const MANY_ACCOUNTS = 1_000_000;
/** Only the starts: the rest takes minutes. */
const isStartsOnly = args.has('--starts');

interface Row {
  id: string;
  what: string;
  ours: string;
  reference: string;
  ratio: number;
  goal: number;
  /** `least`: the ratio must be at least the goal; `most`: at most. */
  sense: 'least' | 'most';
}

const rows: Row[] = [];

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function row(
  id: string,
  what: string,
  ours: string,
  reference: string,
  ratio: number,
  goal: number,
  sense: Row['sense'],
) {
  rows.push({ id, what, ours, reference, ratio, goal, sense });
  console.log(
    `${id}  ${what}: ${ours} against ${reference}, ratio ${ratio.toFixed(2)} (goal ${sense === 'least' ? '≥' : '≤'} ${goal})`,
  );
}

function shown(rounds: Round[]): string {
  const figures = rounds.map((r) => r.perSecond);
  const cpu = median(rounds.map((r) => r.cpuMsPerOperation)).toFixed(2);
  return `${median(figures).toFixed(0)}/s (${Math.min(...figures).toFixed(0)}–${Math.max(...figures).toFixed(0)}, ${cpu} ms CPU)`;
}

/** A B A B …: each side is loaded in turn, so that a slow minute of the machine hits both. */
async function sideBySide(
  sides: { server: Measured; operation: (n: number) => Promise<void> }[],
  width: number,
): Promise<Round[][]> {
  for (const { server, operation } of sides) await load(operation, width, WARM_SECONDS, server.cpuMs);
  const rounds: Round[][] = sides.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { server, operation }] of sides.entries())
      rounds[i]?.push(await load(operation, width, SECONDS, server.cpuMs));
  }
  return rounds;
}

const perSecond = (rounds: Round[] | undefined) => median((rounds ?? []).map((r) => r.perSecond));

function clientCredentials(port: number, credentials: { id: string; secret: string }) {
  const headers = { authorization: basic(credentials) };
  return async () => {
    const answer = await send(
      port,
      'POST',
      '/oauth2/token',
      headers,
      'grant_type=client_credentials&scope=read',
    );
    if (answer.status !== 200) throw new Error(`token: ${answer.status} ${answer.body}`);
  };
}

/** The bare engine keeps its own paths. */
function floorCredentials(port: number) {
  const headers = {
    authorization: basic({ id: 'machine', secret: 'machine-secret-of-the-floor-0123456789' }),
  };
  return async () => {
    const answer = await send(port, 'POST', '/token', headers, 'grant_type=client_credentials&scope=read');
    if (answer.status !== 200) throw new Error(`floor token: ${answer.status} ${answer.body}`);
  };
}

function discovery(port: number, jwks: string) {
  return async (n: number) => {
    const answer = await send(port, 'GET', n % 2 ? '/.well-known/openid-configuration' : jwks);
    if (answer.status !== 200) throw new Error(`discovery: ${answer.status}`);
  };
}

async function hashLimit(core: number | undefined): Promise<number> {
  const child = startNode('hash-limit.ts', [String(SECONDS)], {}, core);
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  await once(child, 'close');
  return (JSON.parse(printed) as { perSecond: number }).perSecond;
}

async function signIns(
  product: Product,
  server: Measured,
  core: number | undefined,
  name: string,
  goal: number,
  offset: { next: number },
) {
  const one = () => signIn(product, offset.next++);
  await load(one, 8, 4 * WARM_SECONDS, server.cpuMs);
  const ours: Round[] = [];
  const limits: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    limits.push(await hashLimit(core));
    ours.push(await load(one, 8, SECONDS, server.cpuMs));
  }
  const ratio = median(ours.map((r) => r.perSecond)) / median(limits);
  row(
    'B2',
    `full sign-in with TOTP, 8 at once, ${name}`,
    shown(ours),
    `${median(limits).toFixed(0)}/s hash limit`,
    ratio,
    goal,
    'least',
  );
  const tail = median(ours.map((r) => r.p99 / r.p50));
  row(
    'B2',
    `full sign-in, p99 against p50, ${name}`,
    `${median(ours.map((r) => r.p99)).toFixed(0)} ms`,
    `${median(ours.map((r) => r.p50)).toFixed(0)} ms`,
    tail,
    3,
    'most',
  );
}

async function starts(make: () => Promise<Measured>): Promise<{ startMs: number; residentMiB: number }> {
  const times: number[] = [];
  const memory: number[] = [];
  for (let i = 0; i <= ROUNDS; i++) {
    const server = await make();
    await pause(IDLE_MS);
    // The first start warms the compile cache.
    if (i > 0) {
      times.push(server.startMs);
      memory.push(server.residentMiB());
    }
    await server.stop();
  }
  return { startMs: median(times), residentMiB: median(memory) };
}

const seeded = isQuick ? 4_000 : 10_000;
console.log(
  `Seeding ${seeded} accounts. Stores: SQLite; argon2id 19 MiB, 2 passes; ES256; JWT for B1; rotation and audit on.`,
);
const product = await prepareProduct(await freePort(), seeded);
const floorPort = await freePort();
const startFloor = (core: number | undefined) =>
  startServer('floor.ts', [String(floorPort)], {}, floorPort, core);

try {
  const floorStart = await starts(() => startFloor(undefined));
  const compareStart = async (what: string) => {
    const { startMs, residentMiB } = await starts(() => product.start(undefined));
    const floorMs = floorStart.startMs;
    row(
      'B10',
      `second start, ${what}`,
      `${startMs.toFixed(0)} ms`,
      `${floorMs.toFixed(0)} ms floor`,
      startMs / floorMs,
      1.5,
      'most',
    );
    return residentMiB;
  };
  const idle = await compareStart(`${seeded} accounts`);
  const floorIdle = floorStart.residentMiB;
  row(
    'B9',
    'idle memory',
    `${idle.toFixed(0)} MiB`,
    `${floorIdle.toFixed(0)} MiB floor`,
    idle / floorIdle,
    1.3,
    'most',
  );

  const offset = { next: 0 };
  const ways = [
    ['1+1', SERVER_CORE],
    ['both cores shared', undefined],
  ] as const;
  for (const [name, core] of isStartsOnly ? [] : ways) {
    bindDriver(core === undefined ? '0,1' : '0');
    const floor = await startFloor(core);
    const ours = await product.start(core);
    try {
      const [b1, floorB1] = await sideBySide(
        [
          { server: ours, operation: clientCredentials(product.port, product.machine) },
          { server: floor, operation: floorCredentials(floorPort) },
        ],
        16,
      );
      row(
        'B1',
        `client credentials, JWT ES256, ${name}`,
        shown(b1 ?? []),
        `${shown(floorB1 ?? [])} floor`,
        perSecond(b1) / perSecond(floorB1),
        0.7,
        'least',
      );
      const [b7, floorB7] = await sideBySide(
        [
          { server: ours, operation: discovery(product.port, '/oauth2/jwks') },
          { server: floor, operation: discovery(floorPort, '/jwks') },
        ],
        16,
      );
      row(
        'B7',
        `discovery and JWKS, ${name}`,
        shown(b7 ?? []),
        `${shown(floorB7 ?? [])} floor`,
        perSecond(b7) / perSecond(floorB7),
        1,
        'least',
      );
      await floor.stop();
      await signIns(product, ours, core, name, 0.65, offset);
    } finally {
      if (floor.child.exitCode === null && floor.child.signalCode === null) await floor.stop();
      await ours.stop();
    }
  }
  if (!isQuick) {
    await product.fill(MANY_ACCOUNTS);
    await compareStart(`${MANY_ACCOUNTS} accounts`);
  }
} finally {
  product.remove();
}

mkdirSync(new URL('results/', import.meta.url), { recursive: true });
writeFileSync(new URL('results/latest.json', import.meta.url), `${JSON.stringify(rows, null, 2)}\n`);
const short = rows.filter(({ ratio, goal, sense }) =>
  sense === 'least' ? ratio < goal * ALLOWANCE : ratio > goal / ALLOWANCE,
);
for (const { id, what, ratio, goal } of short)
  console.log(`Short: ${id} ${what}: ${ratio.toFixed(2)} (goal ${goal})`);
process.exitCode = short.length === 0 ? 0 : 1;

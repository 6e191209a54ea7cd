// The load scenarios against their references, side by side in one run, on both pairs of stores. Ratios decide;
// absolute figures are printed beside them. --quick: the embedded pair in under three minutes; --starts: only starts
// and memory.
import { mkdirSync, writeFileSync } from 'node:fs';
import { describeMongodb, findMongodb } from '../test/mongodb-server.ts';
import { freePort } from '../test/support/port.ts';
import { bindDriver, type Measured, startServer } from './processes.ts';
import { type Pair, prepareProduct } from './product.ts';
import { rollingRestarts } from './restarts.ts';
import { againstFloor, GOALS, type Plan, type Row, signIns, starts } from './scenarios.ts';

const args = new Set(process.argv.slice(2));
const isQuick = args.has('--quick');
const isStartsOnly = args.has('--starts');
const PLAN: Plan = isQuick
  ? { rounds: 3, seconds: 2, warmSeconds: 1 }
  : { rounds: 5, seconds: 3, warmSeconds: 2 };
const ALLOWANCE = isQuick ? 0.85 : 1;
const SERVER_CORE = 1;
const SEEDED = isQuick ? 2_000 : 10_000;
/** A stores' server needs a while for that many. */
const MANY_ACCOUNTS = 1_000_000;

const rows: Row[] = [];

function report(row: Row) {
  rows.push(row);
  const { id, what, pair, ours, reference, ratio, goal, sense } = row;
  console.log(
    `${id}  ${pair}, ${what}: ${ours} against ${reference}, ratio ${ratio.toFixed(2)} (goal ${sense === 'least' ? '≥' : '≤'} ${goal})`,
  );
}

const floorPort = await freePort();
const startFloor = (core: number | undefined): Promise<Measured> =>
  startServer('floor.ts', [String(floorPort)], {}, floorPort, core);

async function measure(pair: Pair, floorStart: { startMs: number; residentMiB: number }): Promise<void> {
  console.log(`\n${pair}: seeding ${SEEDED} accounts`);
  const product = await prepareProduct(pair, await freePort(), SEEDED);
  const compareStart = async (what: string) => {
    const { startMs, residentMiB } = await starts(PLAN, () => product.start(undefined));
    const { startMs: floorMs } = floorStart;
    const [ours, reference] = [`${startMs.toFixed(0)} ms`, `${floorMs.toFixed(0)} ms floor`];
    report({
      id: 'B10',
      what: `second start, ${what}`,
      pair,
      ours,
      reference,
      ratio: startMs / floorMs,
      goal: GOALS.B10?.[pair] ?? 0,
      sense: 'most',
    });
    return residentMiB;
  };
  try {
    const idle = await compareStart(`${SEEDED} accounts`);
    const floorIdle = floorStart.residentMiB;
    const [ours, reference] = [`${idle.toFixed(0)} MiB`, `${floorIdle.toFixed(0)} MiB floor`];
    report({
      id: 'B9',
      what: 'idle memory',
      pair,
      ours,
      reference,
      ratio: idle / floorIdle,
      goal: GOALS.B9?.[pair] ?? 0,
      sense: 'most',
    });
    if (isStartsOnly) return;
    const offset = { next: 0 };
    const ways: (readonly [string, number | undefined])[] = [['1+1', SERVER_CORE]];
    if (!isQuick && pair === 'embedded') ways.push(['both cores shared', undefined]);
    for (const [name, core] of ways) {
      bindDriver(core === undefined ? '0,1' : '0');
      const floor = await startFloor(core);
      const server = await product.start(core);
      try {
        await againstFloor({ plan: PLAN, isQuick, pair, product, name, report }, server, floor, offset);
        await floor.stop();
        await signIns({ plan: PLAN, pair, product, name, report }, server, core, offset);
      } finally {
        if (floor.child.exitCode === null && floor.child.signalCode === null) await floor.stop();
        await server.stop();
      }
    }
    bindDriver('0,1');
    if (!isQuick && pair === 'embedded') {
      await product.fill(MANY_ACCOUNTS);
      await compareStart(`${MANY_ACCOUNTS} accounts`);
    }
  } finally {
    await product.remove();
  }
}

/** Both pairs beside each other, one line for each work. */
function table(): string {
  const works = [...new Set(rows.map(({ id, what }) => `${id}\t${what.replace(/, 1\+1$/, '')}`))].sort();
  const cell = (id: string, what: string, pair: Pair) => {
    const row = rows.find((r) => r.id === id && r.pair === pair && r.what.replace(/, 1\+1$/, '') === what);
    return row ? `${row.ratio.toFixed(2)} (${row.sense === 'least' ? '≥' : '≤'} ${row.goal})` : '–';
  };
  const lines = works.map((work) => {
    const [id = '', what = ''] = work.split('\t');
    return `| ${id} | ${what} | ${cell(id, what, 'embedded')} | ${cell(id, what, 'servers')} |`;
  });
  return ['| id | work | embedded | MongoDB + Redis |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

const mongodb = findMongodb();
const pairs: Pair[] = isQuick || !mongodb ? ['embedded'] : ['embedded', 'servers'];
console.log('argon2id 19 MiB, 2 passes; ES256; JWT for B1, opaque tokens elsewhere; rotation and audit on.');
if (mongodb) console.log(`MongoDB: ${describeMongodb(mongodb)}; acknowledged writes on the disk`);
const floorStart = await starts(PLAN, () => startFloor(undefined));
for (const pair of pairs) await measure(pair, floorStart);
for (const pair of isQuick || isStartsOnly ? [] : pairs) {
  const { signIns, refreshes, failed, slowestMs } = await rollingRestarts(pair);
  const ours = `${failed} failed of ${signIns} sign-ins and ${refreshes} refreshes, slowest ${slowestMs.toFixed(0)} ms`;
  report({
    id: 'B14',
    what: 'requests that failed while one of two instances was restarted',
    pair,
    ours,
    reference: 'none',
    ratio: failed,
    goal: 0,
    sense: 'most',
  });
}
console.log(`\n${table()}`);

mkdirSync(new URL('results/', import.meta.url), { recursive: true });
writeFileSync(new URL('results/latest.json', import.meta.url), `${JSON.stringify(rows, null, 2)}\n`);
const short = rows.filter(({ ratio, goal, sense }) =>
  sense === 'least' ? ratio < goal * ALLOWANCE : ratio > goal / ALLOWANCE,
);
for (const { id, what, pair, ratio, goal } of short)
  console.log(`Short: ${id} ${pair}, ${what}: ${ratio.toFixed(2)} (goal ${goal})`);
process.exitCode = short.length === 0 ? 0 : 1;

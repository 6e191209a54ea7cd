// Everything that CI runs, one check after another; ends with 'N passed, N failed' on a line of its own.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBusyLoops } from './busy-loops.ts';
import { type JestReport, slowest, type Tally, type TimedSuite, tallyOf, timesOf } from './report.ts';
import { prepareServices } from './services.ts';
import { startMongodb } from './support/mongodb.ts';

interface Check {
  name: string;
  command: string[];
  environment?: Record<string, string>;
  minutes: number;
}

const { values: asked, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: { long: { type: 'boolean' }, fast: { type: 'boolean' }, slow: { type: 'boolean' } },
});
const isLong = asked.long ?? false;
const isFast = asked.fast ?? false;
const isSlow = asked.slow ?? false;
const BUSY_LOOPS = 2;
const SHOWN_SLOWEST = 10;
const MINUTES_OF_SUITES = isLong ? 240 : isSlow ? 120 : 45;
const jestReport = join(tmpdir(), `sallyport-jest-${process.pid}.json`);
const jest = ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${jestReport}`];
const NEEDS_SERVICES = [
  'test/browser/',
  'test/contract/redis',
  'test/contract/mongodb',
  'test/journeys/redis',
  'test/servers/',
  'test/image/',
  'test/second-factor/oathtool',
  'test/session-api/',
  'test/admin-api/docs',
];
/** Whatever starts the product in the process of the test. */
const ON_SERVERS = [
  'test/admin-api',
  'test/journeys',
  'test/session-api',
  'test/admin-api',
  'test/web',
  'test/lockout',
  'test/base/versioned-cache',
  'test/stores/installation',
];
/** Stories that take no instance by the hand: they run on several. */
const STORIES = [
  'test/journeys/sign-in',
  'test/journeys/protocol',
  'test/journeys/lockout',
  'test/journeys/code-page',
  'test/journeys/session-api.test',
  'test/journeys/session-api-sessions',
  'test/journeys/credential-events',
];

/**
 * What jest says where its own process did not end by itself. What a suite leaves open fails that suite (test/environment.js); that
 * a worker took longer to end than jest waits says how busy the machine is.
 */
const LEFTOVERS = /did not exit/;

const CHECKS: Check[] = [
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '--noEmit'], minutes: 20 },
  {
    name: 'lint and format',
    command: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
    minutes: 20,
  },
  { name: 'unused code', command: ['node_modules/knip/bin/knip.js'], minutes: 20 },
  { name: 'generated documents', command: ['docs/generate.ts', '--check'], minutes: 20 },
];

/** @returns whether it succeeded, and left nothing behind that had to be ended */
function run({ name, command, environment = {}, minutes }: Check): Promise<boolean> {
  console.log(`\n== ${name}`);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const colours = process.stderr.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...command], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...colours, ...environment },
    timeout: minutes * 60_000,
  });
  let hasLeftovers = false;
  child.stderr.on('data', (chunk: Buffer) => {
    hasLeftovers ||= LEFTOVERS.test(chunk.toString());
    process.stderr.write(chunk);
  });
  child.once('close', (code) => resolve(code === 0 && !hasLeftovers));
  child.once('error', () => resolve(false));
  return promise;
}

const times: TimedSuite[] = [];

async function suites(
  name: string,
  withServices: boolean,
  paths: string[],
  environment: Record<string, string>,
): Promise<Tally> {
  const narrowed = withServices ? [] : NEEDS_SERVICES.map((path) => `--testPathIgnorePatterns=${path}`);
  const ok = await run({
    name,
    command: [...jest, ...narrowed, ...paths],
    environment: {
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
      ...(isLong ? { SALLYPORT_TEST_LONG: '1' } : {}),
      ...environment,
    },
    minutes: MINUTES_OF_SUITES,
  });
  try {
    const report = JSON.parse(readFileSync(jestReport, 'utf8')) as JestReport;
    rmSync(jestReport, { force: true });
    times.push(
      ...timesOf(report, process.cwd()).map((suite) => ({ ...suite, name: `${suite.name} (${name})` })),
    );
    const { passed, failed } = tallyOf(report);
    return { passed, failed: ok ? failed : Math.max(1, failed) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

let passed = 0;
let failed = 0;
const missing = isFast ? [] : prepareServices();
if (missing.length > 0 && process.env.CI === 'true') {
  console.log(`Missing under CI: ${missing.join(', ')}`);
  failed += missing.length;
}
const endBusyLoops = isSlow ? startBusyLoops(BUSY_LOOPS) : () => {};
for (const check of parts.length > 0 ? [] : CHECKS) {
  if (await run(check)) passed += 1;
  else failed += 1;
}
const withServices = !isFast && missing.length === 0;
const mongodb = withServices ? await startMongodb() : undefined;
const servers = mongodb ? { TEST_MONGODB_URL: mongodb.url } : undefined;
const runs = [await suites('suites', withServices, parts, servers ?? {})];
if (servers && parts.length === 0) {
  const environment = { ...servers, SALLYPORT_TEST_STORES: 'servers' };
  runs.push(
    await suites('suites with a server, on MongoDB and Redis', true, ON_SERVERS, environment),
    // By itself: beside a browser, people who all come at once would have less than the machine.
    await suites('the browser, on MongoDB and Redis', true, ['test/browser'], environment),
    await suites('stories on two instances behind a proxy', true, STORIES, {
      ...environment,
      SALLYPORT_TEST_INSTANCES: '2',
    }),
  );
}
await mongodb?.stop();
endBusyLoops();
for (const outcome of runs) {
  passed += outcome.passed;
  failed += outcome.failed;
}
if (missing.length > 0 || isFast)
  console.log(
    `\nNot run: ${NEEDS_SERVICES.join(', ')} (${isFast ? 'asked for without services' : `missing ${missing.join(', ')}`})`,
  );
console.log(`\nThe slowest of ${times.length} suites, in seconds:`);
for (const { name, seconds } of slowest(times, SHOWN_SLOWEST))
  console.log(`${seconds.toFixed(1).padStart(7)}  ${name}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

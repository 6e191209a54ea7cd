// S16, S17: whether the time of an answer tells that a name exists. Interleaved two-sample test: existing and unknown names turn by
// turn, at the doors that strangers have. Ratios decide: the difference of the medians below 5 %, and an AUC (Mann–Whitney) of 0.44 to 0.56.
import { Browser } from '../test/support/browser.ts';
import { freePort } from '../test/support/port.ts';
import { median } from './load.ts';
import { bindDriver } from './processes.ts';
import { prepareProduct } from './product.ts';

const SAMPLES = 600;
const WARM = 20;
const MOST_APART = 0.05;
const AUC = { least: 0.44, most: 0.56 };

/** The share of pairs in which the first is the slower one; a half where nothing tells them apart. */
function areaUnderCurve(a: readonly number[], b: readonly number[]): number {
  let above = 0;
  for (const x of a) for (const y of b) above += x > y ? 1 : x === y ? 0.5 : 0;
  return above / (a.length * b.length);
}

/** A post as a browser sends it; only the answer to it is timed. */
async function timed(browser: Browser, url: string, fields: Record<string, string>): Promise<number> {
  const cookie = await browser.jar.getCookieString(url);
  const startedAt = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(fields),
    headers: { cookie, origin: new URL(url).origin },
  });
  await response.arrayBuffer();
  const ms = performance.now() - startedAt;
  if (response.status >= 400) throw new Error(`${response.status} at ${url}`);
  return ms;
}

async function compare(door: string, send: (n: number, exists: boolean) => Promise<number>, samples: number) {
  const known: number[] = [];
  const unknown: number[] = [];
  for (let n = 0; n < samples + WARM; n++) {
    // Turn by turn, and who is first changes too: what drifts, drifts for both.
    const order = n % 2 === 0 ? [true, false] : [false, true];
    for (const exists of order) {
      const ms = await send(n, exists);
      if (n >= WARM) (exists ? known : unknown).push(ms);
    }
  }
  const apart = Math.abs(median(known) - median(unknown)) / median(unknown);
  const auc = areaUnderCurve(known, unknown);
  const isSound = apart < MOST_APART && auc >= AUC.least && auc <= AUC.most;
  console.log(
    `${door}: ${median(known).toFixed(2)} ms for names that exist, ${median(unknown).toFixed(2)} ms for others (${samples} each); medians ${(apart * 100).toFixed(2)} % apart, AUC ${auc.toFixed(3)}: ${isSound ? 'within' : 'OUTSIDE'} the bounds`,
  );
  return isSound;
}

bindDriver('0');
const port = await freePort();
const issuer = `http://localhost:${port}`;
const product = await prepareProduct('embedded', port, SAMPLES + WARM);
const server = await product.start(1);
const browser = new Browser(issuer);
const outcomes: boolean[] = [];
try {
  const page = await browser.open('/go/user');
  const nameOf = (n: number, exists: boolean) => (exists ? `person${n}` : `nobody${n}`);
  outcomes.push(
    await compare(
      'S16 a wrong password',
      (n, exists) =>
        timed(browser, `${page.url}/password`, {
          clientCode: 'BENCH',
          userName: nameOf(n, exists),
          password: 'wrong 123456',
        }),
      SAMPLES,
    ),
  );
} finally {
  await server.stop();
  await product.remove();
}
process.exitCode = outcomes.every(Boolean) ? 0 : 1;

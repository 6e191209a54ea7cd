import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { RelyingApplication } from './application.ts';
import { Browser } from './browser.ts';
import type { Instances } from './instances.ts';
import { isIn, PASSWORD } from './site.ts';

/** What people and programs did while something was broken, and what they were told. */
export interface Ledger {
  /** Sign-ins that were acknowledged by a redeemed code, and token refreshes that were. */
  signIns: number;
  refreshes: number;
  /** Refresh tokens that an acknowledged refresh has spent. */
  spent: string[];
  /** Answers that are neither a success nor the one that a lost store allows. */
  strange: string[];
  /** Requests that ended without an answer: those in flight when a process ended. */
  cut: number;
  refused: number;
  slowestMs: number;
  /** Accounts whose page said that they are locked. */
  locked: Set<string>;
}

export interface Traffic {
  ledger: Ledger;
  tenant: Tenant;
  victims: Account[];
  relying: RelyingApplication;
  secret: string;
  /** Ends after the requests under way. */
  stop(): Promise<Ledger>;
}

interface Told {
  status: number;
  body: string;
}

/** What the browser says where the address is the application’s. */
const LEFT = 0;
const LEAK = /node_modules|\.ts:\d|Error: |at .*\(|mongodb|redis|ECONN/i;

function newLedger(): Ledger {
  return {
    signIns: 0,
    refreshes: 0,
    spent: [],
    strange: [],
    cut: 0,
    refused: 0,
    slowestMs: 0,
    locked: new Set(),
  };
}

/** Notes an answer. @returns whether the step succeeded */
function note(
  ledger: Ledger,
  step: string,
  told: Told | undefined,
  isExpected: (told: Told) => boolean,
): boolean {
  if (told === undefined || told.status === 502) {
    ledger.cut += 1;
    return false;
  }
  // The title of a page with an error begins with that word, and a token may hold any other by chance.
  const text = told.body.replace(/<(style|title)[\s\S]*?<\/\1>/g, '').replace(/[\w-]{20,}/g, '');
  if (LEAK.test(text)) ledger.strange.push(`${step}: ${told.body.slice(0, 200)}`);
  if (told.status === 503) {
    ledger.refused += 1;
    return false;
  }
  if (isExpected(told)) return true;
  ledger.strange.push(`${step}: ${told.status} ${told.body.slice(0, 120)}`);
  return false;
}

async function timed<T>(ledger: Ledger, work: () => Promise<T>): Promise<T | undefined> {
  const startedAt = performance.now();
  try {
    return await work();
  } catch {
    return undefined;
  } finally {
    ledger.slowestMs = Math.max(ledger.slowestMs, performance.now() - startedAt);
  }
}

/** Starts people who sign in, applications that refresh, and one that guesses, until told to stop. */
export async function startTraffic(instances: Instances, people = 4): Promise<Traffic> {
  const { issuer } = instances;
  const tenant = await instances.tenant();
  const { id, secret } = await instances.application();
  const relying = await RelyingApplication.discover(issuer, id, secret);
  const ledger = newLedger();
  let isWanted = true;

  const page = (browser: Browser, url: string) =>
    timed(ledger, async () => {
      const { status, html, step } = await browser.open(url);
      return { status, body: html, step, url: browser.page.url };
    });
  const typed = (browser: Browser, userName: string, password: string) =>
    timed(ledger, async () => {
      const shown = await browser.submit({ clientCode: tenant.clientCode, userName, password }, '/password');
      return { status: shown.status, body: shown.html, step: shown.step, url: shown.url };
    });
  const token = (fields: Record<string, string>) =>
    timed(ledger, async () => {
      const answer = await fetch(`${issuer}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
        body: new URLSearchParams(fields),
      });
      return { status: answer.status, body: await answer.text() };
    });

  /** Where the browser stopped: at the application with a code, on the lock page, or on another page of ours. */
  const signIn = async (userName: string, password: string) => {
    const browser = new Browser(issuer);
    const opened = await page(browser, await relying.request());
    if (!note(ledger, 'authorize', opened, ({ status }) => status === 200)) return undefined;
    const landed = await typed(browser, userName, password);
    // The page of a finished or lost interaction is how an unknown outcome is told: one starts over.
    if (!note(ledger, 'password', landed, ({ status }) => [LEFT, 200, 400].includes(status)))
      return undefined;
    return landed;
  };

  const refreshing = async (first: string) => {
    let refreshToken = first;
    for (let i = 0; i < 3 && isWanted; i++) {
      const told = await token({ grant_type: 'refresh_token', refresh_token: refreshToken });
      // An attempt whose outcome was lost may have spent the token: then it is refused, and the person signs in again.
      if (!note(ledger, 'refresh', told, ({ status }) => status === 200)) return;
      ledger.refreshes += 1;
      ledger.spent.push(refreshToken);
      refreshToken = (JSON.parse(told?.body ?? '{}') as { refresh_token: string }).refresh_token;
    }
  };

  const person = async ({ userName }: Account) => {
    while (isWanted) {
      const landed = await signIn(userName, PASSWORD);
      if (!landed || !isIn(landed)) continue;
      const told = await token(relying.tokenRequest(landed.url));
      if (!note(ledger, 'code', told, ({ status }) => status === 200)) continue;
      ledger.signIns += 1;
      await refreshing((JSON.parse(told?.body ?? '{}') as { refresh_token: string }).refresh_token);
    }
  };

  const victims = await Promise.all([1, 2].map(() => instances.account(tenant)));
  const guesser = async () => {
    for (let i = 0; isWanted; i++) {
      const victim = victims[i % victims.length] as Account;
      const landed = await signIn(victim.userName, `wrong ${i} 123456`);
      if (landed?.step === 'locked') ledger.locked.add(victim.id);
      if (landed && isIn(landed)) ledger.strange.push('a wrong password was accepted');
    }
  };

  const accounts = await Promise.all(Array.from({ length: people }, () => instances.account(tenant)));
  const running = Promise.all([...accounts.map(person), guesser()]);
  return {
    ledger,
    tenant,
    victims,
    relying,
    secret,
    stop: async () => {
      isWanted = false;
      await running;
      return ledger;
    },
  };
}

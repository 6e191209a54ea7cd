import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findService } from '../services.ts';
import { PASSWORD, SECRET } from '../support/app.ts';
import type { NewPerson } from '../support/site.ts';
import { serverForAll } from '../support/suite.ts';
import { nowSeconds } from '../support/time.ts';

const CLIENT = fileURLToPath(new URL('./client.py', import.meta.url));
const ROWS = 49;
const YEAR = 31_536_000;

const server = serverForAll();

/** What the program needs to know of a site; people are of one tenant. */
async function given() {
  const tenant = await server.tenant('livevox');
  const other = await server.tenant('livevox');
  const person = async (options: NewPerson) => {
    const account = await server.account(tenant, { permissions: ['use-session-api'], ...options });
    return { account, clientName: tenant.clientCode, userName: account.userName, password: PASSWORD };
  };
  const expired = await person({});
  await server.core.accounts.update(expired.account.id, (account) => ({
    ...account,
    password: account.password && { ...account.password, setAt: account.password.setAt - YEAR },
  }));
  const people = {
    plain: await person({}),
    expired,
    factor: await person({ totpSecret: SECRET }),
    agent: await person({ population: 'agent' }),
  };
  const bare = Object.entries(people).map(([name, { account: _, ...rest }]) => [name, rest]);
  return {
    token: await server.apiToken(tenant),
    foreignToken: await server.apiToken(other),
    people: Object.fromEntries(bare),
    secret: SECRET,
    newPassword: 'another horse 10',
    now: nowSeconds(),
  };
}

/** Runs the program of another house. */
async function run(input: object): Promise<{ status: number | null; lines: string[] }> {
  const python = findService('Python');
  if (!python) throw new Error('Python is missing: npm run services');
  const child = spawn(python, [CLIENT], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify(input));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, problems] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await ended, lines: `${out}${problems}`.trim().split('\n') };
}

describe('a program in another language, with its base URL changed', () => {
  test('API-2 API-3 every status code that is promised', async () => {
    const { status, lines } = await run({ base: server.issuer, ...(await given()) });
    expect(lines.filter((line) => !line.startsWith('ok  '))).toEqual([]);
    expect(lines).toHaveLength(ROWS);
    expect(status).toBe(0);
  });
});

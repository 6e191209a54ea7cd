import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CALLBACK, isIn, PASSWORD } from '../support/app.ts';
import { RelyingApplication } from '../support/application.ts';
import { Browser, type Shown } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { freshFolder } from '../support/folder.ts';
import { faultDeadlineSeconds } from '../support/pace.ts';
import { freePort } from '../support/port.ts';
import { type RunningProcess, startProcess } from '../support/process.ts';

let folder: ReturnType<typeof freshFolder>;
let environment: Record<string, string>;
let issuer: string;
let internal: string;
const running: RunningProcess[] = [];

beforeEach(async () => {
  folder = freshFolder();
  const [port, internalPort] = [await freePort(), await freePort()];
  issuer = `http://localhost:${port}`;
  internal = `http://127.0.0.1:${internalPort}`;
  environment = {
    SALLYPORT_DATA: join(folder.path, 'data'),
    SALLYPORT_PORT: String(port),
    SALLYPORT_ISSUER: issuer,
    SALLYPORT_INTERNAL_PORT: String(internalPort),
    SALLYPORT_LOG_LEVEL: 'debug',
  };
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  folder.remove();
});

async function start(more: Record<string, string> = {}): Promise<RunningProcess> {
  const server = startProcess(['start'], { ...environment, ...more });
  running.push(server);
  await eventually(
    () =>
      fetch(`${internal}/health/ready`).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 200,
  );
  return server;
}

async function prepare(): Promise<RelyingApplication> {
  const command = (args: string, input = '') =>
    runCommand(args.split(' '), { ...environment, SALLYPORT_LOG_LEVEL: 'info' }, input);
  await command('check');
  await command('tenant create --client-code ACME --preset livevox');
  const person = '--tenant ACME --population user --user-name ann';
  await command(`account create ${person} --password-stdin --permanent`, `${PASSWORD}\n`);
  const created = await command(
    `application create --id desk --kind web --redirect-uri ${CALLBACK} --first-party --json`,
  );
  const { secret } = JSON.parse(created.stdout) as { secret: string };
  return RelyingApplication.discover(issuer, 'desk', secret);
}

async function signIn(relying: RelyingApplication): Promise<Shown> {
  const browser = new Browser(issuer);
  await browser.open(await relying.request());
  return browser.submit({ clientCode: 'ACME', userName: 'ann', password: PASSWORD }, '/password');
}

/** The processes whose parent this one is. */
function childrenOf(pid: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('workers', () => {
  test('OPS-1 several processes share the port; one that dies is replaced; a stop ends them all', async () => {
    const server = await start({ SALLYPORT_WORKERS: '2' });
    await eventually(
      () => server.output().match(/"listening"/g)?.length,
      (n) => n === 2,
    );
    await server.says('set-up?token=');
    const relying = await prepare();
    const landed = await Promise.all(Array.from({ length: 6 }, () => signIn(relying)));
    expect(landed.filter(isIn)).toHaveLength(6);
    const before = childrenOf(server.child.pid);
    expect(before).toHaveLength(2);
    process.kill(before[0] as number, 'SIGKILL');
    await server.says('another takes its place');
    await eventually(
      () => server.output().match(/"listening"/g)?.length,
      (n) => n === 3,
    );
    expect(isIn(await signIn(relying))).toBe(true);
    const after = childrenOf(server.child.pid);
    expect(after).toHaveLength(2);
    server.child.kill('SIGTERM');
    const { code, stdout } = await server.ended;
    expect([code, stdout.match(/set-up\?token=/g)?.length]).toEqual([0, 1]);
    expect(after.filter(isAlive)).toEqual([]);
  });

  test('OPS-3 the metrics of all workers are summed, and no worker is left when the parent is killed', async () => {
    const server = await start({ SALLYPORT_WORKERS: '2' });
    const relying = await prepare();
    for (let i = 0; i < 4; i++) await signIn(relying);
    const text = await (await fetch(`${internal}/metrics`)).text();
    expect(text).toMatch(/^sallyport_events_total\{type="sign-in.complete",outcome="success"\} 4$/m);
    const children = childrenOf(server.child.pid);
    server.child.kill('SIGKILL');
    await server.ended;
    await eventually(
      () => children.filter(isAlive),
      (alive) => alive.length === 0,
    );
  });

  test('settings that no worker can start with end the parent, and the reason is said', async () => {
    const taken = await start();
    const second = startProcess(['start'], {
      ...environment,
      SALLYPORT_WORKERS: '2',
      SALLYPORT_INTERNAL_PORT: '0',
    });
    running.push(second);
    const { code, stderr } = await second.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('the port is in use')]);
    taken.child.kill('SIGTERM');
  });
});

describe('monitors', () => {
  test('OPS-3 S63 metrics stand on the internal port only, by route and verb, and carry nothing of any person', async () => {
    await start();
    const relying = await prepare();
    await signIn(relying);
    await fetch(`${issuer}/jane's/path?userName=ann`);
    expect((await fetch(`${issuer}/metrics`)).status).toBe(404);
    const answer = await fetch(`${internal}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toMatch(
      /sallyport_http_request_seconds_count\{method="POST",route="[^"]*password[^"]*",status="303"\} 1/,
    );
    expect(text).toMatch(
      /sallyport_http_request_seconds_count\{method="GET",route="other",status="404"\} \d/,
    );
    expect(text).toMatch(
      /sallyport_http_request_seconds_count\{method="GET",route="engine authorization",status="303"\} 1/,
    );
    expect(text).toMatch(/sallyport_store_seconds_count\{store="ephemeral",verb="claim",outcome="ok"\} \d/);
    expect(text).toMatch(/sallyport_store_seconds_count\{store="documents",verb="find",outcome="ok"\} \d/);
    expect(text).toMatch(/^sallyport_hashing\{state="waiting"\} 0$/m);
    expect(text).toMatch(/^process_cpu_seconds_total/m);
    expect(text).not.toMatch(/ann|ACME|jane/);
    for (const [path, status] of [
      ['/health/live', 200],
      ['/health/ready', 200],
      ['/', 404],
    ] as const)
      expect((await fetch(`${internal}${path}`)).status).toBe(status);
    expect((await fetch(`${internal}/metrics`, { method: 'POST' })).status).toBe(404);
  });

  test('OPS-3 S80 a log line a request, as JSON, without secrets', async () => {
    const server = await start();
    const relying = await prepare();
    await signIn(relying);
    const lines = server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ msg }) => msg === 'request')).toContainEqual(
      expect.objectContaining({
        method: 'POST',
        status: 303,
        address: '127.0.0.1',
        requestId: expect.any(String),
        ms: expect.any(Number),
      }),
    );
    expect(server.output()).not.toContain(PASSWORD);
    expect(server.output()).not.toMatch(/code=|code_verifier|Basic /);
  });

  test('F18 OPS-3 a stop says first that it is not ready, serves on during the notice, and then ends', async () => {
    const server = await start({ SALLYPORT_STOP_NOTICE_SECONDS: String(2 * (await faultDeadlineSeconds())) });
    const relying = await prepare();
    const browser = new Browser(issuer);
    await browser.open(await relying.request());
    server.child.kill('SIGTERM');
    const ready = () => fetch(`${issuer}/health/ready`);
    const red = await eventually(ready, ({ status }) => status === 503);
    expect([await red.json(), red.headers.get('connection')]).toEqual([{ status: 'stopping' }, 'close']);
    const landed = await browser.submit(
      { clientCode: 'ACME', userName: 'ann', password: PASSWORD },
      '/password',
    );
    expect(isIn(landed)).toBe(true);
    expect((await server.ended).code).toBe(0);
    await expect(ready()).rejects.toThrow();
  });
});

import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { RelyingApplication } from './application.ts';
import { Browser } from './browser.ts';
import { runCommand } from './command.ts';
import { freshFolder } from './folder.ts';
import { freePort } from './port.ts';
import { type Ended, type RunningProcess, startProcess } from './process.ts';
import { CALLBACK, PASSWORD } from './site.ts';

/** The person that `prepare` makes, as options of a command. */
export const ANN = '--tenant ACME --population user --user-name ann';

/** An installation in a folder of its own, made by commands and started as a process. */
export interface Installation {
  folder: string;
  issuer: string;
  /** The settings of its commands and processes. */
  environment: Record<string, string>;
  /** Starts it as a process, which ends with the test at the latest. */
  start(): Promise<RunningProcess>;
  command(args: string, input?: string): Promise<Ended>;
  /** What a command answers with `--json`; throws where it fails. */
  json(args: string, input?: string): Promise<Record<string, unknown>>;
  /** Makes the tenant ACME with a person and an application. */
  prepare(): Promise<RelyingApplication>;
  /** Types the password of that person in a new browser. */
  signIn(relying: RelyingApplication, password?: string): Promise<Browser>;
}

function installation(
  [before, after]: [typeof beforeEach, typeof afterEach],
  settings: Record<string, string>,
): Installation {
  const running: RunningProcess[] = [];
  const environment: Record<string, string> = {};
  let removeFolder = () => {};
  before(async () => {
    const folder = freshFolder();
    removeFolder = folder.remove;
    const port = await freePort();
    home.folder = folder.path;
    home.issuer = `http://localhost:${port}`;
    Object.assign(environment, {
      SALLYPORT_DATA: join(folder.path, 'data'),
      SALLYPORT_PORT: String(port),
      SALLYPORT_ISSUER: home.issuer,
      ...settings,
    });
  });
  after(async () => {
    for (const { child, ended } of running.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
    removeFolder();
  });

  const command: Installation['command'] = (args, input = '') =>
    runCommand(args.split(' '), environment, input);
  const json: Installation['json'] = async (args, input = '') => {
    const { stdout, stderr, code } = await command(`${args} --json`, input);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const home: Installation = {
    folder: '',
    issuer: '',
    environment,
    command,
    json,
    async start() {
      const server = startProcess(['start'], environment);
      running.push(server);
      await server.says('"listening"');
      return server;
    },
    async prepare() {
      await command('check');
      await command('tenant create --client-code ACME --preset livevox');
      await command(`account create ${ANN} --password-stdin --permanent`, `${PASSWORD}\n`);
      const made = await json(
        `application create --id desk --kind web --redirect-uri ${CALLBACK} --first-party`,
      );
      return RelyingApplication.discover(home.issuer, 'desk', String(made.secret));
    },
    async signIn(relying, password = PASSWORD) {
      const browser = new Browser(home.issuer);
      await browser.open(await relying.request());
      await browser.submit({ clientCode: 'ACME', userName: 'ann', password }, '/password');
      return browser;
    },
  };
  return home;
}

/** A new installation for each test of a file; there from the test's own hooks on. */
export const installationForEach = (settings: Record<string, string> = {}): Installation =>
  installation([beforeEach, afterEach], settings);

/** One installation for all tests of a file. */
export const installationForAll = (settings: Record<string, string> = {}): Installation =>
  installation([beforeAll, afterAll], settings);

import cluster from 'node:cluster';
import { flushCompileCache } from 'node:module';
import type { Command } from 'commander';
import type { App } from '../../app.ts';
import type { Mailbox } from '../../capabilities/mail/index.ts';
import { type Core, openCore } from '../../core/index.ts';
import { createLog, type Log, systemClock } from '../../foundation/base/index.ts';
import { loadSettings, readMasterKeys, type Settings } from '../../foundation/settings/index.ts';
import { endAtLast, lastResort } from './last-resort.ts';
import { print, Refused, settingsOf, terminalOf, withCore } from './terminal.ts';

/** A store that starts at the same time as this server, in a compose file say, may take so long. */
const STORE_WAIT_MS = 30_000;

/** Of several workers, the one that prints the set-up link. */
const FIRST_WORKER = 1;

type StopReason = 'SIGTERM' | 'SIGINT' | Error;

/** Resolves at the first SIGTERM or SIGINT, or with the error that stops the server. */
function toldToStop(failed: Promise<Error>): Promise<StopReason> {
  const { promise, resolve } = Promise.withResolvers<StopReason>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  return Promise.race([promise, failed]);
}

/** The exit status says that the stop was none that an operator asked for. */
function assertAsked(reason: StopReason): void {
  if (reason instanceof Error) throw new Refused('stopped after an error that reached no part of the server');
}

/** Reads the master keys; the first start on the embedded default makes one, and says so. */
function readKeys(settings: Settings, log: Log): Buffer[] {
  const { keys, made, file } = readMasterKeys(settings);
  if (made)
    log.warn(
      { file },
      'a master key was made: keep a copy apart from the data; without it, sealed secrets are lost',
    );
  return keys;
}

/** Opens the core for the time of `work`, which a failure ends too: a store left open would keep the process alive. */
async function withServerCore(
  settings: Settings,
  log: Log,
  work: (core: Core) => Promise<void>,
  mailbox?: Mailbox,
): Promise<void> {
  const masterKeys = readKeys(settings, log);
  const waitMs = STORE_WAIT_MS;
  const core = await openCore({ settings, masterKeys, clock: systemClock, log, waitMs, mailbox });
  try {
    await work(core);
  } finally {
    await core.close();
  }
}

interface Served {
  app: App;
  announce(): Promise<void>;
}

async function serve(settings: Settings, log: Log, failed: Promise<Error>, served: Served): Promise<void> {
  const { app, announce } = served;
  // Listened for before anything is served: a stop that comes with the first request is a clean one too.
  const stopped = toldToStop(failed);
  let noticeSeconds = 0;
  try {
    const port = await app.listen();
    log.info({ issuer: settings.issuer, port }, 'listening');
    flushCompileCache();
    await announce();
    // A person at the keyboard does not have to wait for a proxy.
    const reason = await stopped;
    if (reason === 'SIGTERM') noticeSeconds = settings.stopNoticeSeconds;
    log.info('stopping');
    assertAsked(reason);
  } finally {
    await app.close(noticeSeconds);
  }
}

async function announceSetUp(command: Command, { setUp }: App, { issuer }: Settings): Promise<void> {
  if (cluster.isWorker && cluster.worker?.id !== FIRST_WORKER) return;
  const token = await setUp.newToken();
  if (token)
    print(command, { setUp: `${issuer}/set-up?token=${token}` }, [
      '',
      'Open this once, within an hour, to make the first operator:',
      `  ${issuer}/set-up?token=${token}`,
      '',
    ]);
}

async function start(command: Command): Promise<void> {
  const warnings: string[] = [];
  const settings = settingsOf(command, (sentence) => warnings.push(sentence));
  const log = createLog(settings.log.level);
  if (!cluster.isWorker) for (const warning of warnings) log.warn(warning);
  const failed = lastResort(log);
  if (settings.workers > 1 && cluster.isPrimary) {
    readKeys(settings, log);
    const { runWorkers } = await import('../../workers.ts');
    const stopped = toldToStop(failed);
    await runWorkers(settings, log, stopped);
    endAtLast(log);
    assertAsked(await stopped);
    return;
  }
  try {
    await withServerCore(settings, log, async (core) => {
      const { createApp } = await import('../../app.ts');
      const app = await createApp(core, { log, isWorker: cluster.isWorker });
      await serve(settings, log, failed, { app, announce: () => announceSetUp(command, app, settings) });
    });
  } finally {
    // The channel to the parent would keep a worker alive.
    cluster.worker?.disconnect();
    endAtLast(log);
  }
}

async function demo(command: Command): Promise<void> {
  const { prepareDemo } = await import('../demo/index.ts');
  // Not the file of --config: a demo empties its data folder, and that file names the folder of an installation.
  const { environment } = terminalOf(command);
  const { settings, mailbox, startDemo } = prepareDemo(loadSettings({ environment }));
  const log = createLog('warn');
  const failed = lastResort(log);
  const run = async (core: Core) => {
    const running = await startDemo(core, log);
    await serve(settings, log, failed, running).finally(running.close);
  };
  await withServerCore(settings, log, run, mailbox).finally(() => endAtLast(log));
}

export function addServerCommands(program: Command): void {
  program
    .command('start')
    .description('start the server')
    .action((_options: object, command: Command) => start(command));
  program
    .command('demo')
    .description('start the server with samples, a sample application and a mailbox')
    .action((_options: object, command: Command) => demo(command));
  program
    .command('check')
    .description('check the settings and the master key, and read both stores through')
    .action(async (_options: object, command: Command) => {
      await withCore(
        command,
        async (core) => {
          await core.documents.verify();
          await core.ephemeral.verify();
          print(command, { ok: true, issuer: core.settings.issuer }, [
            `The settings are sound, and the stores answer. Issuer: ${core.settings.issuer}`,
          ]);
        },
        true,
      );
    });
}

import { flushCompileCache } from 'node:module';
import type { Command } from 'commander';
import type { App } from '../app.ts';
import { createLog, type Log, systemClock } from '../base/index.ts';
import { type Core, openCore } from '../core.ts';
import { loadSettings, readMasterKey, type Settings } from '../settings/index.ts';
import { print, withCore } from './terminal.ts';

/** Resolves at the first SIGTERM or SIGINT. */
function toldToStop(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  return promise;
}

async function open(settings: Settings, log: Log): Promise<Core> {
  const { key, made, file } = readMasterKey(settings);
  if (made)
    log.warn(
      { file },
      'a master key was made: keep a copy apart from the data; without it, sealed secrets are lost',
    );
  return openCore(settings, key, systemClock, log);
}

async function serve(
  settings: Settings,
  core: Core,
  app: App,
  log: Log,
  announce: () => Promise<void>,
): Promise<void> {
  // Listened for before anything is served: a stop that comes with the first request is a clean one too.
  const stopped = toldToStop();
  const port = await app.listen();
  log.info({ issuer: settings.issuer, port }, 'listening');
  flushCompileCache();
  await announce();
  await stopped;
  log.info('stopping');
  await app.close();
  await core.close();
}

async function start(command: Command): Promise<void> {
  const settings = loadSettings({ file: command.optsWithGlobals<{ config?: string }>().config });
  const log = createLog(settings.log.level);
  const core = await open(settings, log);
  const { createApp } = await import('../app.ts');
  const app = await createApp(core, { log });
  await serve(settings, core, app, log, async () => {
    const token = await app.setUp.newToken();
    if (token)
      process.stdout.write(
        `\nOpen this once, within an hour, to make the first operator:\n  ${settings.issuer}/set-up?token=${token}\n\n`,
      );
  });
}

async function demo(): Promise<void> {
  const { prepareDemo } = await import('../demo/index.ts');
  const { settings, startDemo } = prepareDemo(loadSettings());
  const log = createLog('warn');
  const core = await open(settings, log);
  const running = await startDemo(core, log);
  await serve(settings, core, running.app, log, running.announce);
  await running.close();
}

export function addServerCommands(program: Command): void {
  program
    .command('start')
    .description('start the server')
    .action((_options: object, command: Command) => start(command));
  program
    .command('demo')
    .description('start the server with samples, a sample application and a mailbox')
    .action(demo);
  program
    .command('check')
    .description('check the settings and the master key, and read both stores through')
    .action(async (_options: object, command: Command) => {
      await withCore(command, async (core) => {
        await core.documents.verify();
        await core.ephemeral.verify();
        print(command, { ok: true, issuer: core.settings.issuer }, [
          `The settings are sound, and the stores answer. Issuer: ${core.settings.issuer}`,
        ]);
      });
    });
}

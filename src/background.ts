// What runs beside the requests: the sweep of what has expired, the queue, what webhooks are told, and the counts of use.
import { MAIL_JOB } from './capabilities/mail/index.ts';
import type { Core } from './core/index.ts';
import { createLinkSender, RECOVER_JOB } from './doors/recovery/index.ts';
import type { Log } from './foundation/base/index.ts';
import { startSweeping } from './sweeping.ts';

export interface Background {
  /** Begins no further batch, and resolves when the running one has ended. */
  stopSweeping(): Promise<void>;
  /** Takes no further job, and resolves when the running ones have ended. */
  stopJobs(): Promise<void>;
  /** Tells webhooks no further event, and resolves when the running attempts have ended. */
  stopFollowing(): Promise<void>;
  /** Writes what was counted. After the last request: a clean stop loses no count. */
  stopCounting(): Promise<void>;
}

export function startBackground(core: Core, log: Log): Background {
  const { settings, accounts, tenants, budgets, audit, mail, vault, clock } = core;
  const { jobs, administrationJobs, sessions, deliveryQueue, following, usage, statistics } = core;
  const { issuer } = settings;
  const sweeping = startSweeping(core, log);
  const stopJobs = jobs.start({
    ...administrationJobs,
    ...sessions.jobs,
    ...deliveryQueue.jobs,
    [MAIL_JOB]: mail.deliver,
    [RECOVER_JOB]: createLinkSender({ accounts, tenants, budgets, audit, mail, vault, clock, issuer }),
  });
  const stopFollowing = following.start();
  const stops = [usage.start(), statistics.start()];
  const stopCounting = async () => {
    for (const stop of stops) await stop();
  };
  return { stopSweeping: sweeping.stop, stopJobs, stopFollowing, stopCounting };
}

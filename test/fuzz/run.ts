// Hostile calls of the admin API by schemathesis, which is no part of the installation: `pip install schemathesis`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createApp } from '../../src/app.ts';
import { openCore } from '../../src/core/index.ts';
import { openApi } from '../../src/doors/admin-api/index.ts';
import { createLog, systemClock } from '../../src/foundation/base/index.ts';
import { loadSettings, readMasterKeys } from '../../src/foundation/settings/index.ts';
import { machine, person } from '../support/admin-api.ts';
import { documentsOf } from '../support/documents.ts';
import { freshFolder } from '../support/folder.ts';
import { PATIENT } from '../support/pace.ts';
import { freePort } from '../support/port.ts';
import { siteOn } from '../support/site.ts';
import { withKnown } from './known.ts';
import { LEFT_OUT, SETTINGS } from './settings.ts';

const { values: asked } = parseArgs({
  options: {
    program: { type: 'string', default: 'schemathesis' },
    examples: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    caller: { type: 'string', multiple: true },
  },
});

const folder = freshFolder();
const port = await freePort();
const issuer = `http://localhost:${port}`;
const settings = loadSettings({
  environment: {
    SALLYPORT_ISSUER: issuer,
    SALLYPORT_PORT: String(port),
    SALLYPORT_DATA: folder.path,
    SALLYPORT_LOG_LEVEL: process.env.SALLYPORT_TEST_LOG ?? 'error',
    SALLYPORT_ADMIN_CALLS_PER_MINUTE: '1000000',
    ...PATIENT,
  },
});
const log = createLog(settings.log.level);
const masterKeys = readMasterKeys(settings).keys;
const core = await openCore({ settings, masterKeys, clock: systemClock, log, mailbox: { messages: [] } });
const app = await createApp(core, { log });
await app.listen();
const server = { issuer, folder: folder.path, core, ...siteOn(core) };

const tenant = await server.tenant();
const operator = await server.tenant('modern', undefined, 'OPERATOR');
const account = await server.account(tenant);
const application = await server.application({ tenantId: tenant.id });
/** The Agent first: the others change what an Agent may do. */
const callers = {
  agent: () => person(server, tenant, 'Agent'),
  sysadmin: () => machine(server, tenant),
  operator: () => machine(server, operator),
};

const known = {
  tenant: [tenant.clientCode, tenant.id],
  account: [account.id],
  application: [application.id],
};
const file = join(folder.path, 'openapi.json');
writeFileSync(join(folder.path, 'schemathesis.toml'), SETTINGS);
writeFileSync(file, JSON.stringify(withKnown(openApi(issuer), known)));

let hasFailed = false;
for (const [name, signIn] of Object.entries(callers)) {
  if (asked.caller && !asked.caller.includes(name)) continue;
  const { token } = await signIn();
  const before = await documentsOf(server);
  console.log(`\n== ${name}`);
  const child = spawn(
    asked.program,
    [
      ...['run', file, '--url', `${issuer}/api/v1`, '--header', `Authorization: Bearer ${token}`],
      ...[
        '--checks',
        'all',
        '--exclude-checks',
        LEFT_OUT,
        '--max-examples',
        asked.examples,
        '--seed',
        asked.seed,
        '--continue-on-failure',
      ],
      '--no-shrink',
    ],
    { stdio: 'inherit', cwd: folder.path },
  );
  const [code] = await once(child, 'exit');
  hasFailed ||= code !== 0;
  const isChanged = JSON.stringify(before) !== JSON.stringify(await documentsOf(server));
  console.log(`${name}: ${isChanged ? 'something was changed' : 'nothing was changed'}`);
  hasFailed ||= name === 'agent' && isChanged;
}
await app.close();
await core.close();
folder.remove();
process.exitCode = hasFailed ? 1 : 0;

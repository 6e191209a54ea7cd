import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Core, openCore } from '../../src/core/index.ts';
import { createLog, systemClock } from '../../src/foundation/base/index.ts';
import { readMasterKeys } from '../../src/foundation/settings/index.ts';
import { CALLBACK, type StartedApp, startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { holdTime } from '../support/time.ts';

let server: StartedApp;
let other: Core;
beforeAll(async () => {
  server = await startApp();
  const { settings } = server.core;
  other = await openCore({
    settings,
    masterKeys: readMasterKeys(settings).keys,
    clock: systemClock,
    log: createLog('silent'),
  });
});
afterAll(async () => {
  await other.close();
  await server.close();
});

test('F19 a change by another process is noticed soon, one of this process at once', async () => {
  const { id, secret } = await server.application();
  expect(await server.core.applications.secretMatches(id, secret)).toBe(true);
  const newer = (await other.applications.rotateSecret(id)) ?? '';
  await eventually(
    () => server.core.applications.secretMatches(id, newer),
    (matches) => matches,
  );
  const newest = (await server.core.applications.rotateSecret(id)) ?? '';
  expect(await server.core.applications.secretMatches(id, newest)).toBe(true);
  expect(await server.core.applications.secretMatches(id, secret)).toBe(false);
});

test('F19 a change whose touch was lost is noticed after five seconds', async () => {
  const time = holdTime();
  try {
    const { id } = await server.application();
    expect((await server.core.applications.byId(id))?.redirectUris).toEqual([CALLBACK]);
    const documents = other.documents.collection<{ id: string; redirectUris: string[] }>({
      name: 'applications',
      indexes: {},
    });
    const stored = await documents.get(id);
    if (!stored) throw new Error();
    await documents.replace({ ...stored.doc, redirectUris: [] }, stored.version);
    expect((await server.core.applications.byId(id))?.redirectUris).toEqual([CALLBACK]);
    time.move(6);
    expect((await server.core.applications.byId(id))?.redirectUris).toEqual([]);
  } finally {
    time.release();
  }
});

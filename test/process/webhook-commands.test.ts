import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCommand } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { freshFolder } from '../support/folder.ts';
import { freePort } from '../support/port.ts';
import { startProcess } from '../support/process.ts';
import { startWebhookListener, type WebhookListener } from '../support/webhook-listener.ts';

let folder: ReturnType<typeof freshFolder>;
let environment: Record<string, string>;
let listener: WebhookListener;
const command = (args: string) => runCommand(args.split(' '), environment);
const json = async (args: string) => {
  const { stdout, stderr, code } = await command(`${args} --json`);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
};
beforeAll(async () => {
  folder = freshFolder();
  listener = await startWebhookListener();
  const port = await freePort();
  environment = {
    SALLYPORT_DATA: join(folder.path, 'data'),
    SALLYPORT_ISSUER: `http://localhost:${port}`,
    SALLYPORT_PORT: String(port),
    SALLYPORT_OUTBOUND_ALLOWED_NETWORKS: '127.0.0.1/32',
  };
  await command('check');
  await command('tenant create --client-code ACME --preset livevox');
});
afterAll(async () => {
  await listener.close();
  folder.remove();
});

describe('webhooks by command', () => {
  test('AUD-1 the secret is shown once, and every command says what it did', async () => {
    const created = await command(`webhook create --tenant ACME --name siem --address ${listener.url}`);
    expect(created.stdout).toMatch(/Secret, shown once: whsec_\S+\n/);
    const [, secret = ''] = /(whsec_\S+)/.exec(created.stdout) ?? [];
    const listed = await command('webhook list --tenant ACME');
    expect(listed.stdout).toContain(listener.url);
    expect(listed.stdout).not.toContain(secret);
    const one = '--tenant ACME --webhook siem';
    expect(await json(`webhook set ${one} --type account.created --off`)).toMatchObject({
      types: ['account.created'],
      enabled: false,
    });
    expect(await command(`webhook set ${one} --on --off`)).toMatchObject({ code: 1 });
    expect(await command(`webhook set ${one} --type nothing`)).toMatchObject({ code: 1 });
    expect((await command(`webhook show ${one}`)).stdout).toContain('account.created');
    expect(await json(`webhook test ${one}`)).toEqual({ delivered: true, problem: '' });
    expect((await command(`webhook rotate-secret ${one}`)).stdout).toMatch(/whsec_/);
    expect(await json(`webhook set ${one} --on`)).toMatchObject({ enabled: true });
    expect(await json(`webhook retry ${one}`)).toEqual({ queued: 0 });
    expect(await json(`webhook deliveries ${one}`)).toEqual({ deliveries: [] });
  });

  test('AUD-1 F1 a server that is killed while it tells tells the rest when it is back', async () => {
    listener.events.length = 0;
    for (let n = 0; n < 6; n++)
      await command(`account create --tenant ACME --population user --user-name ann${n}`);
    const first = startProcess(['start'], environment);
    await eventually(
      () => listener.events.length,
      (count) => count >= 1,
    );
    first.child.kill('SIGKILL');
    await first.ended;
    const second = startProcess(['start'], environment);
    const told = () => new Set(listener.events.map(({ id }) => id)).size;
    try {
      await eventually(told, (count) => count >= 6);
      expect(told()).toBe(6);
      expect(new Set(listener.events.map(({ event }) => event.type))).toEqual(new Set(['account.created']));
    } finally {
      second.child.kill('SIGTERM');
      await second.ended;
    }
    expect(await json('webhook delete --tenant ACME --webhook siem')).toEqual({ deleted: 'siem' });
  });
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isIn } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, prepareEmbeddedInstances } from '../support/instances.ts';
import { startMailServer } from '../support/mail-server.ts';
import { freePort } from '../support/port.ts';
import { PASSWORD } from '../support/site.ts';
import { story } from '../support/story.ts';

const EMAIL = 'ann@site.example';

let instances: Instances;
let port: number;
beforeAll(async () => {
  port = await freePort();
  instances = await prepareEmbeddedInstances(1);
  Object.assign(instances.environment, {
    SALLYPORT_MAIL_URL: `smtp://sallyport:only%20for%20this%20test@127.0.0.1:${port}/?tls.rejectUnauthorized=false`,
    SALLYPORT_MAIL_FROM: 'door@site.example',
  });
  await instances.start(0);
});
afterAll(() => instances.close());

test('MFA-9 while the mail server is down the code page says so; once it is up the code arrives over STARTTLS, and signs in', async () => {
  const tenant = await instances.tenant('cloudcx');
  const tale = await story(instances, { tenant, person: { email: EMAIL } });
  await instances.core.accounts.update(tale.account.id, (account) => ({
    ...account,
    secondFactor: {
      ...account.secondFactor,
      status: 'active',
      authenticators: [instances.core.mailedCodes.authenticator(EMAIL)],
    },
  }));
  const browser = new Browser(instances.issuer);
  await browser.open(await tale.relying.request());
  const fields = { clientCode: tenant.clientCode, userName: EMAIL, password: PASSWORD };
  expect(await browser.submit(fields, '/password')).toMatchObject({ step: 'second-factor', status: 200 });
  const delayed = await eventually(
    () => browser.open(browser.page.url),
    ({ alert }) => alert.includes('We cannot send email at the moment'),
  );
  expect(delayed.dom.querySelector('[name=code]')).not.toBeNull();
  const mail = await startMailServer({ port });
  try {
    const [message] = await eventually(
      () => mail.messages,
      (messages) => messages.length > 0,
    );
    expect(message).toMatchObject({ to: [EMAIL], isEncrypted: true, user: 'sallyport' });
    const code = /\r\n(\d{6})\r\n/.exec(message?.text ?? '')?.[1] ?? '';
    await eventually(
      () => browser.open(browser.page.url),
      ({ alert }) => alert === '',
    );
    const landed = await browser.submit({ code }, '/second-factor');
    expect(isIn(landed)).toBe(true);
  } finally {
    await mail.close();
  }
});

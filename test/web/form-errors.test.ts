import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { PASSWORD, SECRET } from '../support/app.ts';
import type { Shown } from '../support/browser.ts';
import { story } from '../support/story.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();
const VIEWS = new URL('../../views/', import.meta.url);

/** What a screen reader is told of an error. */
function told({ dom }: Pick<Shown, 'dom'>) {
  const invalid = dom.querySelectorAll('[aria-invalid=true]');
  return {
    title: dom.querySelector('title')?.text.startsWith('Error: '),
    invalid: invalid.map((field) => field.getAttribute('name')),
    focused: dom.querySelectorAll('[autofocus]').map((field) => field.getAttribute('name')),
    described: invalid.map(
      (field) => dom.querySelectorAll(`#${field.getAttribute('aria-describedby')}`).length,
    ),
  };
}
const about = (name: string) => ({ title: true, invalid: [name], focused: [name], described: [1] });

describe('SGN-6 a page says which field is in error', () => {
  test.each(['ann', 'unknown.at.all'])('after a wrong password of %s', async (userName) => {
    const tale = await story(server, { preset: 'livevox', person: { userName: 'ann' } });
    const first = await tale.begin();
    expect(told(first)).toMatchObject({ title: false, invalid: [] });
    expect(told(await tale.typePassword('wrong 12345', userName))).toEqual(about('password'));
  });

  test('after a wrong code, and after none', async () => {
    const tale = await story(server, { person: { totpSecret: SECRET } });
    await tale.begin();
    await tale.typePassword();
    for (const code of ['000000', '\u200b'])
      expect(told(await tale.browser.submit({ code }, '/second-factor'))).toEqual(about('code'));
  });

  test.each([
    ['currentPassword', 'wrong 12345', 'brand new words 4', 'brand new words 4'],
    ['newPassword', PASSWORD, 'short', 'short'],
    ['newPasswordAgain', PASSWORD, 'brand new words 4', 'brand new words 5'],
  ])(
    'on the page of the account for the password: %s',
    async (field, currentPassword, newPassword, newPasswordAgain) => {
      const tale = await story(server, { preset: 'livevox' });
      await tale.begin();
      await tale.typePassword();
      await tale.browser.open('/account/password');
      const page = await tale.browser.submit(
        { currentPassword, newPassword, newPasswordAgain },
        '/account/password',
      );
      expect(told(page)).toEqual(about(field));
    },
  );

  test('every field that people fill in asks for its attributes in one way', () => {
    const templates = readdirSync(VIEWS, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.eta'),
    );
    for (const name of templates) {
      const text = readFileSync(new URL(name, VIEWS), 'utf8');
      for (const [input] of text.matchAll(/<input (?:[^<>]|<%.*?%>)*>/g)) {
        const field = /name="(code|\w*[pP]assword\w*)"/.exec(input)?.[1];
        if (field) expect([name, input]).toEqual([name, expect.stringContaining(`it.field('${field}'`)]);
      }
    }
  });
});

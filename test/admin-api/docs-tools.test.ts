import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { type CodeBlock, codeBlocksOf } from '../support/code-blocks.ts';
import { eventually } from '../support/eventually.ts';
import { ANN, installationForEach } from '../support/installation.ts';
import { runScript, startScript } from '../support/script.ts';
import { PASSWORD } from '../support/site.ts';

const home = installationForEach();
const blocks = codeBlocksOf('docs/admin-api.md');

function shown(heading: string, language: string): CodeBlock[] {
  return blocks.filter((block) => block.heading === heading && block.language === language);
}

/** Runs the command that a section begins with. */
function commandOf(heading: string): Promise<Record<string, unknown>> {
  const [{ text } = { text: '' }] = shown(heading, 'sh');
  return home.json(text.trim().replace('npx sallyport ', ''));
}

describe('the tools of the documentation', () => {
  test('ADM-1 the machine of the first command gets a token that works', async () => {
    await home.start();
    await home.prepare();
    const { id, secret } = await commandOf('Get a token for a script');
    const [, beginning] = shown('Get a token for a script', 'sh');
    const [list] = shown('Find accounts', 'sh');
    const text = `${beginning?.text}${list?.text.replace(/\?[^"]*/, '')}`;
    const environment = { ISSUER: home.issuer, CLIENT_ID: String(id), CLIENT_SECRET: String(secret) };
    expect(await runScript({ language: 'sh', text }, home.folder, environment)).toContain('"userName":"ann"');
  });

  test('ADM-1 the tool for people lists the accounts with the permissions of the person who signs in', async () => {
    await home.start();
    await home.prepare();
    await home.command(`account set-role ${ANN} --role SuperUser`);
    await commandOf('A tool for people');
    const [{ text } = { text: '' }] = shown('A tool for people', 'ts');
    const tool = startScript({ language: 'ts', text }, home.folder, { ISSUER: home.issuer });
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk;
    };
    tool.stdout.on('data', hear);
    tool.stderr.on('data', hear);
    const ended = once(tool, 'close');
    try {
      await eventually(
        () => said,
        (words) => /Open http\S+\n/.test(words),
      );
      const browser = new Browser(home.issuer);
      await browser.open(/Open (http\S+)/.exec(said)?.[1] ?? '');
      await browser.submit({ userName: 'ann', password: PASSWORD }, '/password');
      const landed = await browser.submit({ decision: 'allow' }, '/consent');
      expect((await fetch(landed.url)).status).toBe(200);
      await ended;
      expect(said).toContain('"userName":"ann"');
    } finally {
      tool.kill('SIGKILL');
    }
  });
});

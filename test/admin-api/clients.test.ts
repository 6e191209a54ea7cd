import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { machine } from '../support/admin-api.ts';
import { codeBlocksOf } from '../support/code-blocks.ts';
import { freshFolder } from '../support/folder.ts';
import { runScript } from '../support/script.ts';
import { serverForAll } from '../support/suite.ts';
import { makeTypes, mistakesOf } from '../support/typed-client.ts';

const server = serverForAll();
const [{ text: program } = { text: '' }] = codeBlocksOf('docs/admin-api.md').filter(
  ({ language }) => language === 'typescript',
);

let folder: ReturnType<typeof freshFolder>;
beforeAll(async () => {
  folder = freshFolder();
  const api = await machine(server, await server.tenant());
  await makeTypes((await api.get('/openapi.json')).body, folder.path);
});
afterAll(() => folder.remove());

/** Changes of the program, each with what the compiler says of it. */
const WRONG: Readonly<Record<string, [string, string, RegExp][]>> = {
  'fields, addresses and values that are sent': [
    ["userName: '4712'", "userNmae: '4712'", /'userNmae' does not exist/],
    ['{account}/team', '{account}/teem', /teem"' is not assignable/],
    ['withCount: true', "withCount: 'yes'", /'string' is not assignable to type 'boolean \| undefined'/],
  ],
  'fields that are answered': [['created.data.id', 'created.data.ident', /'ident' does not exist/]],
};

describe('a client with types that are made from the document', () => {
  test('ADM-1 the program of the documentation compiles under strict rules', async () => {
    expect(await mistakesOf(program, folder.path)).toBeUndefined();
  });

  test.each(Object.entries(WRONG))('ADM-1 wrong %s do not compile', async (_what, changes) => {
    const wrong = changes.reduce((text, [from, to]) => text.replace(from, to), program);
    const said = await mistakesOf(wrong, folder.path);
    for (const [, , mistake] of changes) expect(said).toMatch(mistake);
  });

  test('ADM-1 the program creates an account, moves it and finds it again', async () => {
    const tenant = await server.tenant('modern');
    const { token } = await machine(server, tenant);
    const text = program.replaceAll('ACME', tenant.clientCode);
    const environment = { ISSUER: server.issuer, TOKEN: token };
    const printed = await runScript({ language: 'ts', text }, folder.path, environment);
    expect(printed).toMatch(/^4712 north \d{4}-\d\d-\d\dT/);
    const made = await server.core.accounts.byName(tenant.id, 'agent', '4712');
    expect(made?.doc).toMatchObject({ team: 'north', role: 'Agent' });
  });
});

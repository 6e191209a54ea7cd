import { beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { openApi } from '../../src/doors/admin-api/index.ts';
import { type ApiAnswer, type ApiClient, machine, person } from '../support/admin-api.ts';
import { documentsOf } from '../support/documents.ts';
import { callsOf, type Described } from '../support/hostile-calls.ts';
import { serverForAll } from '../support/suite.ts';

const RUNS = process.env.SALLYPORT_TEST_LONG ? 100 : 6;
// The long form looks for what is new each time; the short one must not change its verdict by chance.
if (!process.env.SALLYPORT_TEST_LONG) fc.configureGlobal({ seed: 1 });

const server = serverForAll({ SALLYPORT_ADMIN_CALLS_PER_MINUTE: '1000000' });
// The document is the same for every issuer, apart from its addresses.
const document = openApi('http://localhost');
const paths = document.paths as Record<string, Record<string, Described>>;
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, 'document');

const known: Record<string, string> = {};
const callers = {} as { sysAdmin: ApiClient; agent: ApiClient };

beforeAll(async () => {
  const tenant = await server.tenant();
  const account = (await server.account(tenant)).id;
  const application = (await server.application({ tenantId: tenant.id })).id;
  Object.assign(known, { tenant: tenant.clientCode, account, application });
  Object.assign(callers, {
    sysAdmin: await machine(server, tenant),
    agent: await person(server, tenant, 'Agent'),
  });
});

const escaped = (step: string) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));

/** @throws where the document does not describe the answer */
function expectDescribed(path: string, method: string, { status, headers, body }: ApiAnswer): void {
  const described = paths[path]?.[method]?.responses[status] as { $ref?: string } | undefined;
  if (!described) throw new Error(`${status} is not described: ${JSON.stringify(body)}`);
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  expect(headers.get('content-type')?.split(';')[0]).toBe(type);
  const place = described.$ref ?? `#/paths/${escaped(path)}/${method}/responses/${status}`;
  const validate = ajv.compile({ $ref: `document${place}/content/${escaped(type)}/schema` });
  if (!validate(body)) throw new Error(`${ajv.errorsText(validate.errors)}: ${JSON.stringify(body)}`);
}

const table = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(
    ([method, described]) => [described.operationId, path, method, described] as const,
  ),
);

describe('S81 to any call the answer is one that the document describes', () => {
  test.each(table)('%s', async (_, path, method, described) => {
    const calls = callsOf(path, described, known);
    const call = async (client: ApiClient, sent: { path: string; fields?: unknown }) =>
      expectDescribed(path, method, await client.call(method.toUpperCase(), sent.path, sent.fields));
    const before = await documentsOf(server);
    const asAgent = fc.asyncProperty(calls, (sent) => call(callers.agent, sent));
    await fc.assert(asAgent, { numRuns: RUNS });
    // An Agent holds nothing, so that each of their calls was refused.
    expect(await documentsOf(server)).toEqual(before);
    await fc.assert(
      fc.asyncProperty(calls, (sent) => call(callers.sysAdmin, sent)),
      { numRuns: RUNS },
    );
  });
});

import { beforeAll, describe, expect, test } from '@jest/globals';
import { machine } from './admin-api.ts';
import type { StartedApp } from './app.ts';
import { documentsOf } from './documents.ts';
import { sendRequest } from './raw.ts';

type Machine = Awaited<ReturnType<typeof machine>>;

/** An answer of the admin API to a request as it was written. */
interface Met {
  status: number;
  type: string;
  body: string;
}

export type Hostile = readonly [name: string, status: number, send: () => Promise<Met>];

export const JSON_TYPE = 'Content-Type: application/json';

/** UTF-8 as the bytes that are sent. */
const utf8 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('latin1');

export const json = (value: unknown) => ({ headers: [JSON_TYPE], body: utf8(value) });

/** Two machines of two tenants, and the addresses of one of them; there from the first test on. */
export function hostileTo(server: StartedApp) {
  const at = { tenant: '', account: '', application: '', other: '' };
  const machines = {} as { own: Machine; rival: Machine };
  beforeAll(async () => {
    const [tenant, other] = [await server.tenant(), await server.tenant()];
    Object.assign(machines, { own: await machine(server, tenant), rival: await machine(server, other) });
    const account = (await server.account(tenant)).id;
    const application = (await server.application({ tenantId: tenant.id })).id;
    Object.assign(at, { tenant: tenant.clientCode, other: other.clientCode, account, application });
  });
  const accounts = () => `/tenants/${at.tenant}/accounts`;

  return {
    at,
    machines,
    accounts,
    account: () => `${accounts()}/${at.account}`,
    /** Writes the request as it stands. @param body in latin1: a character is a byte */
    async send(
      method: string,
      path: string,
      {
        headers = [],
        body = '',
        token = machines.own.token,
      }: { headers?: string[]; body?: string; token?: string } = {},
    ): Promise<Met> {
      const { host, port } = new URL(server.issuer);
      const lines = [
        `${method} /api/v1${path} HTTP/1.1`,
        `Host: ${host}`,
        ...(token ? [`Authorization: Bearer ${token}`] : []),
        ...headers,
        ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]),
      ];
      const { status, text } = await sendRequest(Number(port), lines, body);
      const [head = '', ...rest] = text.split('\r\n\r\n');
      return { status, type: /^content-type: (.*)$/im.exec(head)?.[1]?.trim() ?? '', body: rest.join('') };
    },
    /** Each is refused as RFC 9457 says, and changes nothing. */
    areRefused(what: string, table: readonly Hostile[]): void {
      describe(`S81 hostile ${what} are refused with a problem, and nothing is changed`, () => {
        test.each(table)('%s: %i', async (_, status, send) => {
          const before = await documentsOf(server);
          const met = await send();
          expect([met.status, met.type]).toEqual([status, 'application/problem+json']);
          expect(JSON.parse(met.body)).toMatchObject({ status, type: expect.stringContaining('/problems/') });
          expect(met.body).not.toContain('    at ');
          expect(await documentsOf(server)).toEqual(before);
        });
      });
    },
  };
}

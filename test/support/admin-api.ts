import type { Role } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { basic, RelyingApplication } from './application.ts';
import { Browser } from './browser.ts';
import { PASSWORD, type Site } from './site.ts';

export interface ApiAnswer {
  status: number;
  headers: Headers;
  /** The JSON of the answer; undefined where it has none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test names the fields that it expects
  body: any;
}

export interface ApiClient {
  token: string;
  call(method: string, path: string, fields?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  get(path: string): Promise<ApiAnswer>;
  post(path: string, fields?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
}

type Server = Site & { issuer: string };

/** Calls the admin API with a token. */
export function apiClient({ issuer }: { issuer: string }, token: string): ApiClient {
  const call: ApiClient['call'] = async (method, path, fields, headers = {}) => {
    const answer = await fetch(`${issuer}/api/v1${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(fields === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(fields === undefined ? {} : { body: typeof fields === 'string' ? fields : JSON.stringify(fields) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
  return {
    token,
    call,
    get: (path) => call('GET', path),
    post: (path, fields = {}, headers) => call('POST', path, fields, headers),
  };
}

async function tokenFor(issuer: string, id: string, secret: string, fields: Record<string, string>) {
  const answer = await fetch(`${issuer}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
    body: new URLSearchParams(fields),
  });
  return (await answer.json()) as { access_token: string; scope?: string; token_type: string };
}

/** A machine that signs in with its secret. */
export async function machineWith(server: Server, id: string, secret: string): Promise<ApiClient> {
  const { access_token } = await tokenFor(server.issuer, id, secret, { grant_type: 'client_credentials' });
  return apiClient(server, access_token);
}

/** A machine with a role in a tenant, signed in. */
export async function machine(
  server: Server,
  tenant: { id: string },
  role: Role | null = 'SysAdmin',
): Promise<ApiClient & { id: string; secret: string }> {
  const { id, secret } = await server.application({
    kind: 'machine',
    tenantId: tenant.id,
    role,
    redirectUris: [],
  });
  const { access_token } = await tokenFor(server.issuer, id, secret, { grant_type: 'client_credentials' });
  return { id, secret, ...apiClient(server, access_token) };
}

type Tokens = Awaited<ReturnType<RelyingApplication['exchange']>>;

/** A person who signed in through a tool of people. */
export interface ApiPerson extends ApiClient {
  id: string;
  browser: Browser;
  relying: RelyingApplication;
  /** The tool renews its tokens. */
  refresh(): Promise<ApiClient>;
  /** The person proves themselves once more. */
  signInAgain(): Promise<ApiClient>;
}

/** A person of the tenant who signs in through a tool of people, and what the tool may then do. */
export async function person(
  server: Server,
  tenant: Tenant,
  role: Role,
  scope = 'openid admin',
): Promise<ApiPerson> {
  const account = await server.account(tenant, { role });
  const tool = await server.application({ scopes: ['admin'], tenantId: tenant.id });
  const relying = await RelyingApplication.discover(server.issuer, tool.id, tool.secret);
  const browser = new Browser(server.issuer);
  const signIn = async (extra: Record<string, string> = {}): Promise<Tokens> => {
    await browser.open(await relying.request({ scope, ...extra }));
    const page = await browser.submit({ userName: account.userName, password: PASSWORD }, '/password');
    const landed = page.step === 'consent' ? await browser.submit({ decision: 'allow' }, '/consent') : page;
    return relying.exchange(landed.url);
  };
  const tokens = await signIn();
  const clientFor = ({ access_token }: Tokens) => apiClient(server, access_token);
  return {
    id: account.id,
    browser,
    relying,
    ...clientFor(tokens),
    refresh: async () => clientFor(await relying.refresh(tokens)),
    signInAgain: async () => clientFor(await signIn({ prompt: 'login' })),
  };
}

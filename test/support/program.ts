import type { Account } from '../../src/capabilities/accounts/index.ts';
import type { Tenant } from '../../src/capabilities/tenants/index.ts';
import { type NewPerson, PASSWORD, type Site } from './site.ts';

/** What the session API answered. */
export interface Answered {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

export interface Person {
  clientName: string;
  userName: string;
  password: string;
  agent?: boolean;
  isAgent?: boolean;
  otp?: string;
}

/** A program of a site: a token, and the session that it holds. */
export class Program {
  private readonly base: string;
  readonly token: string;
  session = '';

  constructor(issuer: string, token: string, version = '') {
    this.base = `${issuer}/session${version}`;
    this.token = token;
  }

  /** @param headers in place of token and session */
  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { 'lv-access': this.token },
  ): Promise<Answered> {
    const isText = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(`${this.base}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isText ? (body as string) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    const { status } = answer;
    return { status, headers: answer.headers, body: isJson && text !== '' ? JSON.parse(text) : { text } };
  }

  async login(person: Person): Promise<Answered> {
    const answer = await this.ask('POST', '/login', person);
    if (answer.status === 200) this.session = String(answer.body.sessionId);
    return answer;
  }

  changePassword(person: Person & { newPassword: string }): Promise<Answered> {
    return this.ask('POST', '/password', person);
  }

  validate(id = this.session): Promise<Answered> {
    return this.ask('GET', `/validate/${id}`);
  }

  /** With the session that it holds. */
  asSession(method: string, path: string, session = this.session): Promise<Answered> {
    return this.ask(method, path, undefined, { 'lv-session': session });
  }

  logout(id = this.session): Promise<Answered> {
    return this.asSession('DELETE', `/logout/${id}`);
  }
}

/** A site with a token, and a person who may sign in by program. */
export interface ProgramTale {
  tenant: Tenant;
  account: Account;
  program: Program;
  person: Person;
}

export async function programTale(
  server: Site & { issuer: string },
  preset = 'livevox',
  options: NewPerson = {},
): Promise<ProgramTale> {
  const tenant = await server.tenant(preset);
  const account = await server.account(tenant, { permissions: ['use-session-api'], ...options });
  const program = new Program(server.issuer, await server.apiToken(tenant));
  const person = {
    clientName: tenant.clientCode,
    userName: account.userName,
    password: options.password ?? PASSWORD,
    ...(options.population === 'agent' ? { agent: true } : {}),
  };
  return { tenant, account, program, person };
}

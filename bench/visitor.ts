// One browser with its tokens, at our server or at the bare engine: what the scenarios that need a session begin with.
import { type Answer, send } from './load.ts';

export interface Client {
  id: string;
  secret: string;
}

/** Where a server has its endpoints. */
export interface Paths {
  authorize: string;
  token: string;
  introspect: string;
  userinfo: string;
  jwks: string;
}

export const CALLBACK = 'http://localhost:9/callback';
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

export function basic({ id, secret }: Client): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

export class Visitor {
  private readonly cookies = new Map<string, string>();
  private readonly port: number;
  private readonly paths: Paths;
  private readonly desk: Client;
  accessToken = '';
  refreshToken = '';

  constructor(port: number, paths: Paths, desk: Client) {
    this.port = port;
    this.paths = paths;
    this.desk = desk;
  }

  /** @throws unless the answer has this status */
  async go(method: string, path: string, status: number, body = ''): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const origin = body ? { origin: `http://localhost:${this.port}` } : {};
    const answer = await send(this.port, method, path, { cookie, accept: 'text/html', ...origin }, body);
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    if (answer.status !== status)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body.slice(0, 200)}`);
    return answer;
  }

  authorizationRequest(more: Record<string, string> = {}): string {
    const query = new URLSearchParams({
      client_id: this.desk.id,
      response_type: 'code',
      scope: 'openid',
      redirect_uri: CALLBACK,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...more,
    });
    return `${this.paths.authorize}?${query}`;
  }

  /** Redeems the code that a redirect to the application carries. */
  async redeem(location: string | string[] | undefined): Promise<void> {
    const code = new URL(String(location), 'http://localhost').searchParams.get('code');
    if (!code) throw new Error(`no code: ${location}`);
    await this.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
    });
  }

  private async token(fields: Record<string, string>): Promise<void> {
    const body = new URLSearchParams(fields).toString();
    const answer = await send(this.port, 'POST', this.paths.token, { authorization: basic(this.desk) }, body);
    if (answer.status !== 200) throw new Error(`token: ${answer.status} ${answer.body}`);
    const told = JSON.parse(answer.body) as { access_token: string; refresh_token?: string };
    this.accessToken = told.access_token;
    this.refreshToken = told.refresh_token ?? this.refreshToken;
  }

  /** B3: the session answers, no one is asked. */
  async authorizeAgain(): Promise<void> {
    const answer = await this.go('GET', this.authorizationRequest({ prompt: 'none' }), 303);
    if (!String(answer.headers.location).includes('code='))
      throw new Error(`no code: ${answer.headers.location}`);
  }

  /** B4 */
  refresh(): Promise<void> {
    return this.token({ grant_type: 'refresh_token', refresh_token: this.refreshToken });
  }

  /** B4: one token sent 20 times at once. @returns how many were answered with tokens */
  async raceRefresh(): Promise<number> {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: this.refreshToken,
    }).toString();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        send(this.port, 'POST', this.paths.token, { authorization: basic(this.desk) }, body),
      ),
    );
    return answers.filter(({ status }) => status === 200).length;
  }

  /** B5 */
  async introspect(): Promise<void> {
    const body = new URLSearchParams({ token: this.accessToken }).toString();
    const answer = await send(
      this.port,
      'POST',
      this.paths.introspect,
      { authorization: basic(this.desk) },
      body,
    );
    if (!answer.body.includes('"active":true'))
      throw new Error(`introspection: ${answer.status} ${answer.body}`);
  }

  /** B6 */
  async userinfo(): Promise<void> {
    const answer = await send(this.port, 'GET', this.paths.userinfo, {
      authorization: `Bearer ${this.accessToken}`,
    });
    if (answer.status !== 200) throw new Error(`userinfo: ${answer.status}`);
  }
}

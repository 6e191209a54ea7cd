// The floor: the bare engine with an in-memory adapter, same key type and token formats, nothing of ours. It signs in
// anyone who comes, without asking.
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';

const [port = '0'] = process.argv.slice(2);
const store = new Map<string, AdapterPayload>();
const uids = new Map<string, string>();
const grants = new Map<string, string[]>();

class Memory implements Adapter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  private key(id: string) {
    return `${this.name}:${id}`;
  }
  async upsert(id: string, payload: AdapterPayload) {
    store.set(this.key(id), payload);
    if (this.name === 'Session' && payload.uid) uids.set(payload.uid, id);
    if (payload.grantId)
      grants.set(payload.grantId, [...(grants.get(payload.grantId) ?? []), this.key(id)].slice(-8));
  }
  async find(id: string) {
    return store.get(this.key(id));
  }
  async findByUid(uid: string) {
    return store.get(this.key(uids.get(uid) ?? ''));
  }
  async findByUserCode() {
    return undefined;
  }
  async destroy(id: string) {
    store.delete(this.key(id));
  }
  async consume(id: string) {
    const payload = store.get(this.key(id));
    if (payload) payload.consumed = Math.floor(Date.now() / 1_000);
  }
  async revokeByGrantId(grantId: string) {
    for (const key of grants.get(grantId) ?? []) store.delete(key);
    grants.delete(grantId);
  }
}

const keys = await Promise.all(
  (['ES256', 'RS256'] as const).map(async (alg) => ({
    ...(await exportJWK((await generateKeyPair(alg, { extractable: true })).privateKey)),
    alg,
    use: 'sig',
  })),
);
const audience = 'https://api.example.org';
const provider = new Provider(`http://localhost:${port}`, {
  adapter: Memory,
  jwks: { keys } as never,
  cookies: { keys: ['floor'] },
  clients: [
    {
      client_id: 'machine',
      client_secret: 'machine-secret-of-the-floor-0123456789',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
    {
      client_id: 'desk',
      client_secret: 'desk-secret-of-the-floor-0123456789012',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://localhost:9/callback'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  findAccount: async (_ctx, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: async () => true,
  rotateRefreshToken: () => true,
  loadExistingGrant: async (ctx) => {
    const { client, session } = ctx.oidc;
    const accountId = session?.accountId;
    if (!client || !accountId) return undefined;
    const known = session.grantIdFor(client.clientId);
    if (known) return provider.Grant.find(known);
    const grant = new provider.Grant({ clientId: client.clientId, accountId });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async (_ctx, client) =>
        (client.clientId === 'machine' ? audience : undefined) as string,
      getResourceServerInfo: async () => ({
        scope: 'read',
        audience,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: 'person' } });
});
provider.listen(Number(port), '127.0.0.1');

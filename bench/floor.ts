// The floor: the bare engine with an in-memory adapter, same key type and token format, nothing of ours.
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';

const [port = '0'] = process.argv.slice(2);
const store = new Map<string, AdapterPayload>();

class Memory implements Adapter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  async upsert(id: string, payload: AdapterPayload) {
    store.set(`${this.name}:${id}`, payload);
  }
  async find(id: string) {
    return store.get(`${this.name}:${id}`);
  }
  async findByUid() {
    return undefined;
  }
  async findByUserCode() {
    return undefined;
  }
  async destroy(id: string) {
    store.delete(`${this.name}:${id}`);
  }
  async revokeByGrantId() {}
  async consume() {}
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
  ],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => audience,
      getResourceServerInfo: async () => ({
        scope: 'read',
        audience,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});
provider.listen(Number(port), '127.0.0.1');

import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Application, ApplicationKind, Applications } from '../../capabilities/applications/index.ts';
import { translated } from './adapter.ts';

const METHOD: Record<ApplicationKind, 'client_secret_basic' | 'none'> = {
  web: 'client_secret_basic',
  machine: 'client_secret_basic',
  spa: 'none',
  native: 'none',
};

/** An application as the engine's client metadata. The key order is stable: the engine caches clients by it. */
function clientMetadata(application: Application): AdapterPayload {
  const { id, kind, name, redirectUris, postLogoutRedirectUris, backchannelLogoutUri } = application;
  const isMachine = kind === 'machine';
  return {
    client_id: id,
    client_name: name,
    application_type: kind === 'native' ? 'native' : 'web',
    token_endpoint_auth_method: METHOD[kind],
    // Secrets are stored hashed and compared by us; the engine only wants to see that there is one.
    ...(METHOD[kind] === 'none' ? {} : { client_secret: 'hashed' }),
    grant_types: isMachine ? ['client_credentials'] : ['authorization_code', 'refresh_token'],
    response_types: isMachine ? [] : ['code'],
    redirect_uris: redirectUris,
    post_logout_redirect_uris: postLogoutRedirectUris,
    ...(backchannelLogoutUri
      ? { backchannel_logout_uri: backchannelLogoutUri, backchannel_logout_session_required: true }
      : {}),
    id_token_signed_response_alg: 'ES256',
  } as AdapterPayload;
}

/** Applications live in the documents; the engine only reads them. */
export class ClientAdapter implements Adapter {
  private readonly applications: Applications;

  constructor(applications: Applications) {
    this.applications = applications;
  }

  find(id: string) {
    return translated(async () => {
      const application = await this.applications.byId(id);
      return application && clientMetadata(application);
    });
  }

  async upsert(): Promise<undefined> {}
  async destroy(): Promise<undefined> {}
  async consume(): Promise<undefined> {}
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async revokeByGrantId(): Promise<undefined> {}
}

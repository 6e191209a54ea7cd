import {
  type Clock,
  createVersionedCache,
  fingerprint,
  newSecret,
  type Refused,
  refuse,
  sameSecret,
} from '../../foundation/base/index.ts';
import {
  type CollectionSpec,
  changeUntilWon,
  type Documents,
  type Ephemeral,
  eachPage,
} from '../../foundation/stores/index.ts';
import type { Population, Role } from '../accounts/index.ts';
import type { Tenants } from '../tenants/index.ts';
import { adminOrigins } from './administering.ts';
import { BUILT_IN, builtInApplication } from './built-in.ts';
import { logoutUriProblem, redirectUriProblem } from './redirect-uris.ts';

export type ApplicationKind = 'web' | 'spa' | 'native' | 'machine';

/** A registered OAuth client. */
export interface Application {
  id: string;
  kind: ApplicationKind;
  name: string;
  redirectUris: string[];
  postLogoutRedirectUris: string[];
  /** Where it wants to hear that a session has ended (OpenID Connect Back-Channel Logout 1.0). */
  backchannelLogoutUri?: string | null;
  /** SHA-256 of 256-bit secrets; two may overlap for rotation. */
  secretHashes: string[];
  population: Population | 'any';
  /** Fixes the tenant; null: the page asks for the client code. */
  tenantId: string | null;
  /** `tenantId`, empty where there is none. */
  tenantKey: string;
  /** Consent is asked of people unless the application is ours or the site's own. */
  isFirstParty: boolean;
  /** For machines: the resource that their tokens are for; they are JWTs then. */
  audience: string | null;
  /** For people's tools: `admin` where they may ask for the admin API. For machines: what their resource knows. */
  scopes: string[];
  /** For machines: what they may do at the admin API, in the tenant that they are fixed to (ADM-1). */
  role?: Role | null;
  createdAt: number;
}

export interface NewApplication {
  id: string;
  kind: ApplicationKind;
  name?: string | undefined;
  redirectUris?: string[];
  postLogoutRedirectUris?: string[];
  backchannelLogoutUri?: string | undefined;
  population?: Population | 'any';
  tenantId?: string | null;
  isFirstParty?: boolean;
  audience?: string | null;
  scopes?: string[];
  role?: Role | null | undefined;
  /** Chosen by the operator: at least 32 characters. Otherwise one is made. */
  secret?: string | undefined;
}

export interface Applications {
  /** @returns the application and, for web and machine, its secret, which cannot be read again; which cannot be read again */
  create(input: NewApplication): Promise<{ application: Application; secret?: string } | Refused>;
  byId(id: string): Promise<Application | undefined>;
  /** By id, page by page. @param tenantId only those that are fixed to this tenant; undefined: all */
  list(tenantId: string | undefined, after?: string): Promise<{ items: Application[]; next?: string }>;
  /** Whether pages of this origin may call the admin API. */
  isAdminOrigin(origin: string): Promise<boolean>;
  /** Compares in constant time with every live secret. */
  secretMatches(id: string, secret: string): Promise<boolean>;
  /** Adds a secret and keeps the newest former one. @returns the new secret, or undefined for an application without secrets */
  rotateSecret(id: string): Promise<string | undefined>;
}

const SPEC: CollectionSpec = {
  name: 'applications',
  indexes: { order: { fields: ['id'] }, tenant: { fields: ['tenantKey', 'id'] } },
};
const TOPIC = 'applications';
const APPLICATION_ID = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$/;

function hasSecret(kind: ApplicationKind): boolean {
  return kind === 'web' || kind === 'machine';
}

/** VSCHAR: libraries of applications encode other characters each in its own way (RFC 6749, appendix A.2). */
function isPrintable(secret: string): boolean {
  return /^[\x20-\x7e]*$/.test(secret);
}

function problemOf(input: NewApplication): Refused | undefined {
  if (input.id.startsWith(BUILT_IN)) return refuse('application_id_reserved', { prefix: BUILT_IN });
  if (!APPLICATION_ID.test(input.id)) return refuse('application_id_invalid');
  if (input.secret !== undefined && !hasSecret(input.kind))
    return refuse('application_has_no_secret', { kind: input.kind });
  if (input.secret !== undefined && !isPrintable(input.secret))
    return refuse('application_secret_unprintable');
  if (input.secret !== undefined && input.secret.length < 32) return refuse('application_secret_short');
  if (input.kind === 'machine' && (input.redirectUris?.length || input.backchannelLogoutUri))
    return refuse('application_machine_has_no_sessions');
  if (input.kind !== 'machine' && !input.redirectUris?.length)
    return refuse('application_redirect_uri_needed');
  if (input.role && (input.kind !== 'machine' || !input.tenantId))
    return refuse('application_role_misplaced');
  if (input.audience && !URL.canParse(input.audience)) return refuse('application_audience_invalid');
  const logoutProblem = input.backchannelLogoutUri ? logoutUriProblem(input.backchannelLogoutUri) : undefined;
  if (logoutProblem) return logoutProblem;
  const uris = [...(input.redirectUris ?? []), ...(input.postLogoutRedirectUris ?? [])];
  return uris.map((uri) => redirectUriProblem(uri, input.kind)).find((problem) => problem !== undefined);
}

function newApplication(input: NewApplication, secretHashes: string[], now: number): Application {
  return {
    id: input.id,
    kind: input.kind,
    name: input.name ?? input.id,
    redirectUris: input.redirectUris ?? [],
    postLogoutRedirectUris: input.postLogoutRedirectUris ?? [],
    backchannelLogoutUri: input.backchannelLogoutUri ?? null,
    secretHashes,
    population: input.population ?? 'user',
    tenantId: input.tenantId ?? null,
    tenantKey: input.tenantId ?? '',
    isFirstParty: input.isFirstParty ?? false,
    audience: input.audience ?? null,
    scopes: input.scopes ?? [],
    role: input.role ?? null,
    createdAt: now,
  };
}

export function createApplications(parts: {
  documents: Documents;
  ephemeral: Ephemeral;
  clock: Clock;
  tenants: Pick<Tenants, 'byClientCode'>;
  issuer: string;
}): Applications {
  const { ephemeral, clock } = parts;
  const collection = parts.documents.collection<Application>(SPEC);
  const cache = createVersionedCache<Application>({
    clock,
    version: () => ephemeral.topicVersion(TOPIC),
    touch: () => ephemeral.touchTopic(TOPIC),
  });
  const version = () => ephemeral.topicVersion(TOPIC);
  const origins = createVersionedCache<ReadonlySet<string>>({ clock, version, touch: async () => {} });
  const readOrigins = async () => {
    const found = new Set<string>();
    for await (const page of eachPage((from) => collection.page({ index: 'order', limit: 500, ...from })))
      for (const { doc } of page) for (const origin of adminOrigins(doc)) found.add(origin);
    return found;
  };
  const byId = async (id: string) =>
    id.startsWith(BUILT_IN)
      ? builtInApplication(id, parts)
      : cache.get(id, async () => (await collection.get(id))?.doc);

  return {
    async create(input) {
      const problem = problemOf(input);
      if (problem) return problem;
      const secret = hasSecret(input.kind) ? (input.secret ?? newSecret()) : undefined;
      const application = newApplication(input, secret ? [fingerprint(secret)] : [], clock.now());
      const outcome = await collection.insert(application);
      if (!outcome.inserted) return refuse('application_id_taken', { id: input.id });
      await cache.touch();
      return secret ? { application, secret } : { application };
    },
    byId,
    async list(tenantId, after) {
      const range = tenantId === undefined ? { index: 'order' } : { index: 'tenant', equals: [tenantId] };
      const page = await collection.page({ ...range, limit: 100, ...(after ? { after } : {}) });
      return { items: page.items.map(({ doc }) => doc), ...(page.next ? { next: page.next } : {}) };
    },
    async isAdminOrigin(origin) {
      return (await origins.get('all', readOrigins))?.has(origin) ?? false;
    },
    async secretMatches(id, secret) {
      const application = await byId(id);
      const presented = fingerprint(secret);
      return (application?.secretHashes ?? []).map((hash) => sameSecret(hash, presented)).includes(true);
    },
    async rotateSecret(id) {
      const secret = newSecret();
      const { changed } = await changeUntilWon(collection, id, (current) =>
        current && hasSecret(current.kind)
          ? { ...current, secretHashes: [fingerprint(secret), ...current.secretHashes].slice(0, 2) }
          : current,
      );
      if (!changed) return undefined;
      await cache.touch();
      return secret;
    },
  };
}

/** Up to the seventh format applications had no key of the index by tenant. */
export const giveApplicationsTenants = async ({ documents }: { documents: Documents }): Promise<void> => {
  const collection = documents.collection<Application>(SPEC);
  for await (const page of eachPage((from) => collection.page({ index: 'order', limit: 100, ...from })))
    for (const { doc, version } of page)
      if (doc.tenantKey === undefined)
        await collection.replace({ ...doc, tenantKey: doc.tenantId ?? '' }, version);
};

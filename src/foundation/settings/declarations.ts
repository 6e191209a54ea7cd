import { z } from 'zod';
import { isRange } from '../base/index.ts';

/** One setting: where it stands in the file, its name in the environment, its rule, and its prose. */
interface Declaration<T extends z.ZodType = z.ZodType> {
  key: string;
  environment: string;
  schema: T;
  description: string;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function declare<T extends z.ZodType>(key: string, environment: string, schema: T, description: string) {
  return { key, environment, schema, description } satisfies Declaration<T>;
}

/** Environment values are text: numbers, lists and yes/no arrive as such. */
const fromText = {
  whole: (schema: z.ZodType) =>
    z.preprocess((v) => (typeof v === 'string' && /^-?\d+$/.test(v) ? Number(v) : v), schema),
  list: (schema: z.ZodType) =>
    z.preprocess(
      (v) =>
        typeof v === 'string'
          ? v
              .split(',')
              .map((s) => s.trim())
              .filter(Boolean)
          : v,
      schema,
    ),
  flag: (schema: z.ZodType) => z.preprocess((v) => (v === 'true' ? true : v === 'false' ? false : v), schema),
};

const issuer = z
  .string()
  .refine(
    (v) => /^https?:/.test(v) && URL.canParse(v) && new URL(v).origin === v,
    'must be a bare origin such as https://sign-in.example.org',
  )
  .default('http://localhost:3000');

const port = fromText.whole(z.int().min(0).max(65_535));
const range = z.string().refine(isRange, 'must be an address or a range such as 10.0.0.0/8');
const url = (protocols: string[]) =>
  z
    .string()
    .refine(
      (v) => URL.canParse(v) && protocols.includes(new URL(v).protocol),
      `must be an address that starts with ${protocols.join(' or ')}`,
    );

export const declarations = [
  declare(
    'issuer',
    'SALLYPORT_ISSUER',
    issuer,
    'The public origin: every link, cookie and token is made from it, no matter what a request claims.',
  ),
  declare(
    'allowInsecureIssuer',
    'SALLYPORT_ALLOW_INSECURE_ISSUER',
    fromText.flag(z.boolean().default(false)),
    'Accepts an http issuer that is not on loopback. Passwords and sessions then travel in the clear.',
  ),
  declare(
    'listen.port',
    'SALLYPORT_PORT',
    port.default(3000),
    'The port of the server; 0 takes any free one.',
  ),
  declare(
    'listen.host',
    'SALLYPORT_HOST',
    z.string().min(1).default('127.0.0.1'),
    'The address that the server listens on.',
  ),
  declare(
    'listen.internalPort',
    'SALLYPORT_INTERNAL_PORT',
    port.optional(),
    'A second port for monitors: metrics and health. Keep it away from the public; off without a value.',
  ),
  declare(
    'listen.keepAliveSeconds',
    'SALLYPORT_KEEP_ALIVE_SECONDS',
    fromText.whole(z.int().min(1).max(3_600).default(75)),
    'How long an idle connection stays open. Keep it above the idle time of the proxy in front, which is often 60 seconds: otherwise the proxy now and then sends a request into a connection that is just closing.',
  ),
  declare(
    'data',
    'SALLYPORT_DATA',
    z.string().min(1).default('./data'),
    'The folder of the embedded stores, the master key made at first start, and the compile cache.',
  ),
  declare(
    'stores.documents',
    'SALLYPORT_DOCUMENTS',
    z
      .string()
      .refine(
        (v) => v === 'sqlite' || /^mongodb(\+srv)?:\/\/./.test(v),
        'must be sqlite or a mongodb:// address',
      )
      .default('sqlite'),
    'Where accounts, policies, applications, keys and the audit log live: sqlite, or the mongodb:// address of a server, whose path names the database (`sallyport` without one).',
  ),
  declare(
    'stores.ephemeral',
    'SALLYPORT_EPHEMERAL',
    z
      .string()
      .refine(
        (v) => v === 'sqlite' || (/^rediss?:/.test(v) && URL.canParse(v)),
        'must be sqlite or a redis:// address',
      )
      .default('sqlite'),
    'Where sessions, tokens, counters and half-done sign-ins live: sqlite, or the redis:// address of one server that never evicts.',
  ),
  declare(
    'stores.deadlineSeconds',
    'SALLYPORT_STORE_DEADLINE_SECONDS',
    fromText.whole(z.int().min(1).max(60).default(1)),
    'How long a store is waited for before a request is refused with 503: longer where the way to it is long or the machine is busy. A person waits for a few of these at most.',
  ),
  declare(
    'masterKey',
    'SALLYPORT_MASTER_KEY',
    z.string().optional(),
    'The key that seals secrets at rest: 32 bytes as 64 hexadecimal digits or base64. Several, parted by commas: the first seals, all open. Keep a copy apart from the data.',
  ),
  declare(
    'masterKeyFile',
    'SALLYPORT_MASTER_KEY_FILE',
    z.string().min(1).optional(),
    'A file that holds the master key, one a line, instead of the value itself.',
  ),
  declare(
    'workers',
    'SALLYPORT_WORKERS',
    fromText.whole(z.int().min(1).max(256).default(1)),
    'Processes that share the port, under one parent that replaces one that dies. As many as there are cores.',
  ),
  declare(
    'stopNoticeSeconds',
    'SALLYPORT_STOP_NOTICE_SECONDS',
    fromText.whole(z.int().min(0).max(60).default(0)),
    'How long a stopping process answers that it is not ready, and still serves, before it takes no more connections: long enough for the proxy in front to look twice.',
  ),
  declare(
    'trustedProxies',
    'SALLYPORT_TRUSTED_PROXIES',
    fromText.list(z.array(range).default([])),
    'Addresses or ranges of the proxies in front; X-Forwarded-For is believed only from these, read from the right.',
  ),
  declare(
    'begunSignIns',
    'SALLYPORT_BEGUN_SIGN_INS',
    fromText.whole(z.int().min(100).max(10_000_000).default(3_000)),
    'How many sign-ins one network (an IPv4 address, or the /64 of an IPv6 one) may begin within ten minutes, in each process; beyond it the answer is 429. What is begun and left is kept for up to two hours. Many people behind one address need more.',
  ),
  declare(
    'adminApi.callsPerMinute',
    'SALLYPORT_ADMIN_CALLS_PER_MINUTE',
    fromText.whole(z.int().min(10).max(1_000_000).default(1_200)),
    'How many calls one caller of the admin API (a machine, or a person with a tool) may make in a minute; beyond it the answer is 429.',
  ),
  declare(
    'outbound.allowedNetworks',
    'SALLYPORT_OUTBOUND_ALLOWED_NETWORKS',
    fromText.list(z.array(range).default([])),
    'Addresses or ranges that are not public and may be asked all the same, over http too: where applications of your own network want to hear of a logout.',
  ),
  declare(
    'mail.url',
    'SALLYPORT_MAIL_URL',
    url(['smtp:', 'smtps:']).optional(),
    'The mail server, smtp:// or smtps://. Without it nothing is mailed, and what needs mail says so.',
  ),
  declare(
    'mail.from',
    'SALLYPORT_MAIL_FROM',
    z
      .string()
      .regex(/^[^\r\n]+@[^\r\n]+$/, 'must be a mail address')
      .optional(),
    'The sender of mails.',
  ),
  declare(
    'hashing.memoryKiB',
    'SALLYPORT_HASHING_MEMORY_KIB',
    fromText.whole(z.int().min(19_456).max(4_194_304).default(19_456)),
    'Memory of one argon2id hash, in KiB. Raising it rehashes at the next sign-in.',
  ),
  declare(
    'hashing.passes',
    'SALLYPORT_HASHING_PASSES',
    fromText.whole(z.int().min(2).max(64).default(2)),
    'Passes of one argon2id hash.',
  ),
  declare(
    'log.level',
    'SALLYPORT_LOG_LEVEL',
    z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    'How much is written to standard output.',
  ),
] as const;

/** The resolved settings. Durations and sizes carry their unit in the name. */
export interface Settings {
  readonly issuer: string;
  readonly allowInsecureIssuer: boolean;
  readonly listen: {
    readonly port: number;
    readonly host: string;
    readonly internalPort: number | undefined;
    readonly keepAliveSeconds: number;
  };
  readonly data: string;
  readonly stores: {
    readonly documents: string;
    readonly ephemeral: string;
    readonly deadlineSeconds: number;
  };
  readonly masterKey: string | undefined;
  readonly masterKeyFile: string | undefined;
  readonly workers: number;
  readonly stopNoticeSeconds: number;
  readonly trustedProxies: readonly string[];
  readonly begunSignIns: number;
  readonly adminApi: { readonly callsPerMinute: number };
  readonly outbound: { readonly allowedNetworks: readonly string[] };
  readonly mail: { readonly url: string | undefined; readonly from: string | undefined };
  readonly hashing: { readonly memoryKiB: number; readonly passes: number };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' };
}

/** Rules between settings; each answers with a sentence when it is broken. */
export function crossChecks(settings: Settings): string[] {
  const { protocol, hostname } = new URL(settings.issuer);
  const mistakes: string[] = [];
  if (protocol === 'http:' && !LOOPBACK.has(hostname) && !settings.allowInsecureIssuer) {
    mistakes.push(
      'issuer: http is for loopback only; use https, or set allowInsecureIssuer to true knowingly',
    );
  }
  if (settings.masterKey !== undefined && settings.masterKeyFile !== undefined) {
    mistakes.push('masterKey: set either masterKey or masterKeyFile, not both');
  }
  const hasOwnKey = settings.masterKey !== undefined || settings.masterKeyFile !== undefined;
  if (settings.stores.documents !== 'sqlite' && !hasOwnKey) {
    mistakes.push('masterKey: is needed with a mongodb:// address; every process must have the same one');
  }
  if (settings.mail.url !== undefined && settings.mail.from === undefined) {
    mistakes.push('mail.from: is needed when mail.url is set');
  }
  return mistakes;
}

// Makes the generated documents, or with --check tells which are not current.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonTable } from '../src/capabilities/account-state/index.ts';
import {
  defaultRoles,
  type Grant,
  grantsOfRole,
  OPERATOR_CODE,
  type Permission,
  permissionNames,
  permissions,
} from '../src/capabilities/accounts/index.ts';
import { type AuditKind, auditCatalogue } from '../src/capabilities/audit/index.ts';
import { policyValues } from '../src/capabilities/tenants/index.ts';
import { collections, type ListedCollection } from '../src/core/collections.ts';
import { addAdminApiRoutes, openApi } from '../src/doors/admin-api/index.ts';
import { declareEngineRoutes } from '../src/doors/oidc/routes.ts';
import { addRecoveryRoutes } from '../src/doors/recovery/index.ts';
import { addSelfServiceRoutes } from '../src/doors/self-service/index.ts';
import { addSessionApiRoutes } from '../src/doors/session-api/index.ts';
import { addSetUpRoutes } from '../src/doors/set-up/index.ts';
import { addSignInRoutes } from '../src/doors/sign-in/index.ts';
import { declarations } from '../src/foundation/settings/index.ts';
import {
  addHealthRoutes,
  createAssets,
  createRegistry,
  type DeclaredRoute,
  guardNames,
} from '../src/foundation/web/index.ts';
import { allOperations } from '../src/use-cases/administration/index.ts';
import { catalogue, provedIds } from './catalogue.ts';

const EXAMPLE_ISSUER = 'https://login.example.com';
const MADE = 'Made by `npm run docs`; do not edit.';

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function settings(): string {
  const rows = declarations.map(({ key, environment, schema, description }) => {
    const standard = schema.safeParse(undefined);
    const value =
      standard.success && standard.data !== undefined ? `\`${JSON.stringify(standard.data)}\`` : 'none';
    return [`\`${key}\``, `\`${environment}\``, value, description];
  });
  return `# Settings\n\n${MADE} A YAML file named by \`--config\` or \`SALLYPORT_CONFIG\`, and the environment, which wins. Unknown keys are mistakes, and all mistakes are reported together.\n\n${table(['key', 'environment', 'default', 'meaning'], rows)}\n`;
}

function policy(): string {
  const rows = [...policyValues].map(([path, schema]) => {
    const { description = '', source = '' } = (schema.meta() ?? {}) as {
      description?: string;
      source?: string;
    };
    const standard = schema.parse(undefined);
    return [`\`${path}\``, `\`${JSON.stringify(standard ?? 'off')}\``, description, source];
  });
  return `# Policy values\n\n${MADE} The rules of a tenant, by path. The presets in \`config/presets/\` are complete policies; \`docs/policy.md\` tells how they are changed. The command line takes and shows \`off\` for \`null\`.\n\n${table(['path', 'default', 'meaning', 'promise'], rows)}\n`;
}

function auditEvents(): string {
  const rows = Object.entries<AuditKind>(auditCatalogue).map(
    ([type, { means, level, fields = [], more }]) => [
      `\`${type}\``,
      means,
      level,
      [...fields.map((field) => `\`${field}\``), ...(more ? [more] : [])].join(', '),
    ],
  );
  return `# Audit events\n\n${MADE} Each entry says who, what, whom, where, when, by what factor, with what outcome and why; never a secret. The level is *security* where someone tried, granted, changed or refused what credentials and permissions guard, and *hygiene* for what follows from that or keeps it in order. The last column names what \`detail\` may carry.\n\n${table(['type', 'meaning', 'level', 'detail'], rows)}\n`;
}

function collectionList(): string {
  const named = (fields: readonly string[]) => fields.map((field) => `\`${field}\``).join(', ');
  const exportOf = ({ exported }: ListedCollection) => {
    if (exported === 'whole') return 'whole';
    return 'not' in exported ? `no: ${exported.not}` : `without ${named(exported.without)}`;
  };
  const accountOf = ({ ofAccount }: ListedCollection) => {
    if (!ofAccount) return '';
    const fields = named(ofAccount.fields);
    return ofAccount.kept ? `${fields} kept: ${ofAccount.kept}` : `${fields} erased`;
  };
  const rows = Object.entries<ListedCollection>(collections).map(([name, one]) => [
    `\`${name}\``,
    one.holds,
    exportOf(one),
    named(one.sealed),
    accountOf(one),
  ]);
  return `# Collections\n\n${MADE} Everything that the documents store holds. *Sealed* fields are encrypted by the master keys. The last column names the fields that say who a person is, and what happens to them when the account is deleted (ACC-8).\n\n${table(['collection', 'one document', 'in an export', 'sealed', 'when an account is deleted'], rows)}\n`;
}

/** As the admin API answers it, for an issuer of an example. */
function openApiDocument(): string {
  return `${JSON.stringify(openApi(EXAMPLE_ISSUER), null, 2)}\n`;
}

/** Declares every route without anything behind it: the doors do not depend on what they open to. */
function routes(): readonly DeclaredRoute[] {
  const registry = createRegistry({ origin: 'http://localhost:3000' });
  createAssets(registry);
  addHealthRoutes(registry, {} as never);
  declareEngineRoutes(registry);
  addSetUpRoutes(registry, {} as never, {} as never, {} as never);
  addSignInRoutes({ registry } as never);
  addSelfServiceRoutes({ registry } as never);
  addRecoveryRoutes({ registry } as never);
  addSessionApiRoutes({ registry } as never);
  addAdminApiRoutes({ registry, issuer: EXAMPLE_ISSUER } as never);
  return registry.declared();
}

function reasons(): string {
  const rows = Object.entries(reasonTable).map(
    ([reason, { kind, freshSignIn, runningSession, apiSession }]) => [
      reason,
      kind,
      freshSignIn,
      runningSession,
      apiSession,
    ],
  );
  return `# Reasons\n\n${MADE} Why a person may have to prove who they are again, and what each reason does to what is running (PWD-17). *hygiene* waits for the next fresh sign-in, or for the deadline of a change of policy; *security* acts at once; a *lock* refuses new sign-ins at once. The pages, the engine's prompts and the checks of sessions and tokens all use this table. Reasons about the password hold only for a sign-in, a session or a token that began with the password.\n\n${table(['reason', 'kind', 'a fresh sign-in', 'a running session and its tokens', 'a session of the session API'], rows)}\n`;
}

function operations(): string {
  const rows = allOperations.map(
    ({ name, summary, on, permission, effect, isLong, isSensitive, audit, path }) => [
      `\`${name}\``,
      summary,
      on,
      permission === 'per-record' ? 'that of what was started' : `\`${permission}\``,
      effect,
      isLong ? 'yes' : '',
      isSensitive ? 'yes' : '',
      audit ? `\`${audit}\`` : '',
      `\`${path}\``,
    ],
  );
  return `# Operations\n\n${MADE} Everything that administrators do, whichever door they use (ADM-6). A *sensitive* operation needs a sign-in of the last 15 minutes, and tells the person whom it concerns by mail. Who holds a permission is in [Permissions](permissions.md); refusals are in [Errors](../errors.md). A *long* operation can also be started, and asked for again by an id ([Administration](../administration.md#what-takes-long)). A change without an entry here is recorded by what it acts on.\n\n${table(['operation', 'what it does', 'acts on', 'permission', 'effect', 'long', 'sensitive', 'audit entry', 'path'], rows)}\n`;
}

function permissionMatrix(): string {
  const holders: [string, readonly Grant[]][] = [
    ['operator', grantsOfRole('SysAdmin', { clientCode: OPERATOR_CODE })],
    ...Object.entries(defaultRoles),
  ];
  const reachIn = (grants: readonly Grant[], name: Permission) =>
    grants.find(({ permission }) => permission === name)?.reach ?? '';
  const meanings = permissionNames.map((name) => [`\`${name}\``, permissions[name]]);
  const rows = permissionNames.map((name) => [
    `\`${name}\``,
    ...holders.map(([, grants]) => reachIn(grants, name)),
  ]);
  const reach =
    'A permission holds as far as its reach: for the person only (*self*), for the accounts of their team (*team*), for the tenant, or for the installation.';
  const rules =
    'You can only give what you hold, and you cannot change an account that holds more than you (ACC-6). SysAdmin always holds everything; the other roles are changed by `role set`, for one tenant. The operator is a SysAdmin of the tenant `OPERATOR`.';
  return `# Permissions\n\n${MADE} ${reach} ${rules}\n\n${table(['permission', 'what it allows'], meanings)}\n\n## Roles as they come\n\n${table(['permission', ...holders.map(([name]) => name)], rows)}\n`;
}

function doors(): string {
  const all = [...routes()].sort((a, b) => `${a.path} ${a.method}`.localeCompare(`${b.path} ${b.method}`));
  const rows = all.map((r) => [
    `${r.method} \`${r.path}\``,
    ...guardNames.map((name) => (r.guards[name].on ? '●' : '–')),
  ]);
  const reasons = all.map((r) => {
    const lines = guardNames.map((name) => {
      const guard = r.guards[name];
      return `- ${name}: ${guard.on ? guard.how : `waived, ${guard.why}`}`;
    });
    return `### ${r.method} ${r.path}\n\n${lines.join('\n')}`;
  });
  return `# Doors and guards\n\n${MADE} Every route with its guards: ● on, – waived; how and why below.\n\n${table(['route', ...guardNames], rows)}\n\n${reasons.join('\n\n')}\n`;
}

function security(): string {
  const { later, waived } = JSON.parse(readFileSync('test/house/security-ids.json', 'utf8')) as {
    later: string[];
    waived: Record<string, string>;
  };
  const proved = provedIds();
  const status = (id: string) => {
    const files = proved.get(id);
    if (files) return [...files].map((f) => `\`${f}\``).join(', ');
    return later.includes(id) ? 'later' : `not yet: ${waived[id]}`;
  };
  const parts = Object.entries(catalogue()).map(([heading, lines]) => {
    const rows = Object.entries(lines).map(([id, text]) => [id, text, status(id)]);
    return `## ${heading}\n\n${table(['id', 'what must hold', 'proved in'], rows)}`;
  });
  return `# Security catalogue\n\n${MADE} The text stands in \`docs/security-catalogue.yaml\`. Test titles carry the ids; a line without a test says *later*.\n\n${parts.join('\n\n')}\n`;
}

const DOCUMENTS: Record<string, () => string> = {
  'docs/reference/settings.md': settings,
  'docs/reference/policy.md': policy,
  'docs/reference/audit-events.md': auditEvents,
  'docs/reference/collections.md': collectionList,
  'docs/reference/operations.md': operations,
  'docs/reference/permissions.md': permissionMatrix,
  'docs/reference/reasons.md': reasons,
  'docs/reference/doors.md': doors,
  'docs/reference/openapi.json': openApiDocument,
  'docs/security.md': security,
};

const isCheck = process.argv.includes('--check');
const stale: string[] = [];
for (const [file, make] of Object.entries(DOCUMENTS)) {
  const text = make();
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  stale.push(file);
  if (isCheck) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
if (stale.length > 0)
  console.log(`${isCheck ? 'Not current, run npm run docs' : 'Written'}: ${stale.join(', ')}`);
process.exitCode = isCheck && stale.length > 0 ? 1 : 0;

import { z } from 'zod';
import { errorCatalogue, refusalCatalogue } from '../../foundation/base/index.ts';
import { type AnyOperation, allOperations } from '../../use-cases/administration/index.ts';
import { API, addressOf, isTargetName, operationId } from './addresses.ts';
import { isInstant } from './spoken.ts';

type Json = Record<string, unknown>;

const TARGETS: Readonly<Record<string, string>> = {
  tenant: 'The client code or the id of the tenant.',
  account: 'The id of the account.',
  application: 'The client_id of the application.',
  operation: 'The id of the long operation.',
};

const AREA =
  'The client code or the id of the tenant; without it the installation, or your own tenant where you reach no further.';

/** A schema as the admin API speaks it: times are texts of RFC 3339, and marks of ours are left out. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...told } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: made }) => {
      if (!isInstant(zodSchema)) return;
      for (const name of Object.keys(made)) delete (made as Json)[name];
      Object.assign(made, { type: 'string', format: 'date-time' });
    },
  }) as Json;
  return told;
}

function propertiesOf(schema: Json): { properties: Record<string, Json>; required: string[] } {
  return {
    properties: (schema.properties as Record<string, Json> | undefined) ?? {},
    required: (schema.required as string[] | undefined) ?? [],
  };
}

/** The input without the fields that the path names. */
function without(schema: Json, names: readonly string[]): Json {
  const { properties, required } = propertiesOf(schema);
  const left = required.filter((name) => !names.includes(name));
  const { required: _, ...rest } = schema;
  return {
    ...rest,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name))),
    ...(left.length > 0 ? { required: left } : {}),
  };
}

const problem = (description: string): Json => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request was not understood.',
  401: 'No token, one that is not accepted, or one whose sign-in is too old: see `WWW-Authenticate`.',
  403: 'The caller does not have the permission, or acts on someone who outranks them.',
  404: 'There is no such thing within the reach of the caller.',
  409: 'The state of what is acted on does not allow it.',
  412: 'The state is another than `If-Match` names.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'Fields are wrong: `errors` names each of them.',
  429: 'Too many calls: wait as `Retry-After` says.',
  503: 'A store does not answer at the moment.',
};

/** Node answers it before anything of the request is looked at. */
const TOO_LARGE = '431';
const TOO_LARGE_SAID = 'The address and the headers are larger than 16 KiB; the answer has no body.';

function responsesOf(operation: AnyOperation): Json {
  const { hasBody } = addressOf(operation);
  const statuses = Object.keys(PROBLEMS).filter((status) => hasBody || !['413', '415'].includes(status));
  statuses.push(TOO_LARGE);
  const good = operation.effect === 'creates' ? '201' : '200';
  return {
    [good]: {
      description: operation.summary,
      content: { 'application/json': { schema: jsonSchema(operation.output, 'output') } },
    },
    ...(operation.answersState
      ? { 304: { description: 'The state is the one that `If-None-Match` names.' } }
      : {}),
    ...(operation.isLong ? { 202: { $ref: '#/components/responses/Started' } } : {}),
    ...Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }])),
  };
}

function parametersOf(operation: AnyOperation, input: Json): Json[] {
  const { names, hasBody } = addressOf(operation);
  const { properties, required } = propertiesOf(input);
  const inPath = names.map((name) => ({
    name,
    in: 'path',
    required: true,
    ...(isTargetName(name) ? { description: TARGETS[name] } : {}),
    schema: isTargetName(name) ? { type: 'string' } : (properties[name] ?? { type: 'string' }),
  }));
  const inQuery = Object.entries(hasBody ? {} : properties)
    .filter(([name]) => !names.includes(name))
    .map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }));
  const areas =
    operation.on === 'area'
      ? [{ name: 'tenant', in: 'query', required: false, description: AREA, schema: { type: 'string' } }]
      : [];
  const headers = [
    ...(operation.effect === 'creates' ? ['IdempotencyKey'] : []),
    ...(operation.isLong ? ['Prefer'] : []),
    ...(operation.effect !== 'reads' &&
    (operation.on === 'account' || operation.on === 'tenant' || operation.on === 'application')
      ? ['IfMatch']
      : []),
  ];
  return [
    ...inPath,
    ...areas,
    ...inQuery,
    ...headers.map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ];
}

function pathItem(operation: AnyOperation): Json {
  const { names, hasBody } = addressOf(operation);
  const input = jsonSchema(operation.input, 'input');
  const body = without(input, names);
  const [tag] = operation.name.split(' ');
  return {
    operationId: operationId(operation),
    summary: operation.summary,
    tags: [tag],
    'x-permission': operation.permission,
    ...(operation.isSensitive ? { 'x-fresh-sign-in': true } : {}),
    parameters: parametersOf(operation, input),
    ...(hasBody
      ? {
          requestBody: {
            required: propertiesOf(body).required.length > 0,
            content: { 'application/json': { schema: body } },
          },
        }
      : {}),
    responses: responsesOf(operation),
  };
}

function paths(): Json {
  const items: Record<string, Json> = {};
  for (const operation of allOperations) {
    const { path, method } = addressOf(operation);
    items[path] = { ...items[path], [method.toLowerCase()]: pathItem(operation) };
  }
  items['/openapi.json'] = {
    get: {
      operationId: 'openApi',
      summary: 'Answers this document.',
      tags: ['api'],
      responses: {
        200: {
          description: 'This document.',
          content: { 'application/json': { schema: { type: 'object' } } },
        },
        401: { $ref: '#/components/responses/401' },
        429: { $ref: '#/components/responses/429' },
        431: { $ref: `#/components/responses/${TOO_LARGE}` },
        503: { $ref: '#/components/responses/503' },
      },
    },
  };
  return items;
}

const STARTED: Json = {
  description: 'The operation was started: `GET /operations/{operation}` says how far it is.',
  headers: { Location: { schema: { type: 'string' } } },
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['operationId'],
        properties: { operationId: { type: 'string' } },
        additionalProperties: false,
      },
    },
  },
};

const PARAMETERS = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Sent again with the same key within a day, the request is carried out once and answered alike.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  },
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description: '`respond-async`: the operation is started, and the answer names it (RFC 7240).',
    schema: { type: 'string' },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'The `ETag` of the state that the change is meant for; otherwise the answer is 412.',
    schema: { type: 'string', pattern: String.raw`^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$` },
  },
};

/** The admin API as OpenAPI 3.1, made from the schemas that validate (ADM-1). */
export function openApi(issuer: string): Json {
  const codes = [...new Set([...Object.keys(errorCatalogue), ...Object.keys(refusalCatalogue)])].toSorted();
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport admin API',
      version: '1',
      description:
        'Everything that administrators do, over HTTP. Times are RFC 3339; a list ends where `next` is missing.',
    },
    servers: [{ url: issuer + API }],
    security: [{ oauth: ['admin'] }],
    paths: paths(),
    components: {
      securitySchemes: {
        oauth: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: `${issuer}/oauth2/token`,
              scopes: { admin: 'What the role of the machine permits.' },
            },
            authorizationCode: {
              authorizationUrl: `${issuer}/oauth2/authorize`,
              tokenUrl: `${issuer}/oauth2/token`,
              scopes: { admin: 'What the person may do.' },
            },
          },
        },
      },
      parameters: PARAMETERS,
      responses: Object.fromEntries([
        ['Started', STARTED],
        ...Object.entries(PROBLEMS).map(([status, description]) => [status, problem(description)]),
        [TOO_LARGE, { description: TOO_LARGE_SAID }],
      ]),
      schemas: {
        Problem: {
          type: 'object',
          description: 'RFC 9457.',
          required: ['type', 'title', 'status', 'detail', 'code'],
          properties: {
            type: { type: 'string', description: 'Stable: the issuer, `/problems/` and the code.' },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
            code: { type: 'string', enum: codes },
            errors: {
              type: 'array',
              items: {
                type: 'object',
                required: ['pointer', 'detail'],
                properties: {
                  pointer: {
                    type: 'string',
                    description: 'A JSON pointer as a fragment (RFC 6901, section 6).',
                  },
                  detail: { type: 'string' },
                },
              },
            },
          },
        },
      },
    },
  };
}

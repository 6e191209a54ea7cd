import { type Hostile, hostileTo, JSON_TYPE, json } from '../support/hostile.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll({ SALLYPORT_ADMIN_CALLS_PER_MINUTE: '100000' });
const { at, machines, account, accounts, send, areRefused } = hostileTo(server);

const queries: readonly Hostile[] = [
  ['a parameter twice', 400, () => send('GET', `${accounts()}?limit=1&limit=2`)],
  ['a parameter in brackets', 422, () => send('GET', `${accounts()}?userName[$ne]=x`)],
  ['a parameter named __proto__', 422, () => send('GET', `${accounts()}?__proto__=x`)],
  ['a parameter named constructor', 422, () => send('GET', `${accounts()}?constructor=x`)],
  ['an unknown parameter', 422, () => send('GET', `${accounts()}?everything=true`)],
  ['a text in place of a number', 422, () => send('GET', `${accounts()}?limit=ten`)],
  ['a number that is too large', 422, () => send('GET', `${accounts()}?limit=${'9'.repeat(30)}`)],
  ['a number below zero', 422, () => send('GET', `${accounts()}?limit=-1`)],
  ['a parameter of the body', 422, () => send('POST', `${account()}/unlock?reason=x`)],
  [
    'a field that stands in the path',
    422,
    () => send('PUT', `/tenants/${at.tenant}/roles/Agent`, json({ role: 'SysAdmin', grants: [] })),
  ],
  ['a cursor that is none', 422, () => send('GET', `${accounts()}?after=x`)],
  ['a query that is not UTF-8', 422, () => send('GET', `${accounts()}?name=%ff%fe&after=%c0`)],
];

const paths: readonly Hostile[] = [
  ['a slash in a parameter', 404, () => send('GET', `${accounts()}/..%2F..%2Ftenants`)],
  ['a path that goes up', 404, () => send('GET', `${accounts()}/../../${at.other}/accounts`)],
  [
    'a path that goes up, encoded',
    404,
    () => send('GET', `${accounts()}/%2e%2e/%2e%2e/${at.other}/accounts`),
  ],
  ['NUL in a parameter', 404, () => send('GET', `${accounts()}/%00`)],
  ['control characters in a parameter', 404, () => send('GET', `/tenants/%1b%0d%0a/accounts`)],
  ['an operator in a parameter', 404, () => send('GET', `${accounts()}/%7B%22%24ne%22%3Anull%7D`)],
  ['__proto__ as a parameter', 404, () => send('GET', `/tenants/__proto__/accounts/constructor`)],
  ['bytes that are not UTF-8 in a parameter', 404, () => send('GET', `/tenants/%ff%fe/accounts`)],
  ['half of a surrogate pair in a parameter', 404, () => send('GET', `/tenants/%ed%a0%80/accounts`)],
  ['a lone percent sign', 404, () => send('GET', `/tenants/%/accounts`)],
  ['the id of an application for an account', 404, () => send('GET', `${accounts()}/${at.application}`)],
  ['the id of an account for a tenant', 404, () => send('GET', `/tenants/${at.account}/accounts`)],
  ['the id of an account for an operation', 404, () => send('GET', `/operations/${at.account}`)],
  ['the id of an account for an application', 404, () => send('GET', `/applications/${at.account}`)],
  [
    'a role that is none',
    422,
    () => send('PUT', `/tenants/${at.tenant}/roles/constructor`, json({ grants: [] })),
  ],
  ['a long path', 404, () => send('GET', `/tenants/${'x'.repeat(10_000)}`)],
  ['two slashes', 404, () => send('GET', `//tenants`)],
  ['a slash at the end', 404, () => send('GET', `${accounts()}/`)],
  ['another case', 404, () => send('GET', `/Tenants/${at.tenant}`)],
  ['nothing of ours', 404, () => send('GET', '/')],
];

const headers: readonly Hostile[] = [
  [
    'two Authorization headers',
    400,
    () => send('GET', account(), { headers: [`Authorization: Bearer ${machines.rival.token}`] }),
  ],
  [
    'the token in the query',
    401,
    () => send('GET', `${account()}?access_token=${machines.own.token}`, { token: '' }),
  ],
  [
    'the token as a password',
    401,
    () =>
      send('GET', account(), {
        token: '',
        headers: [`Authorization: Basic ${btoa(`x:${machines.own.token}`)}`],
      }),
  ],
  [
    'two tokens in one header',
    401,
    () => send('GET', account(), { token: `${machines.own.token}, Bearer ${machines.own.token}` }),
  ],
  [
    'an Idempotency-Key that is empty',
    422,
    () =>
      send('POST', accounts(), {
        ...json({ population: 'user', userName: 'x' }),
        headers: [JSON_TYPE, 'Idempotency-Key:'],
      }),
  ],
  [
    'two Idempotency-Keys',
    422,
    () =>
      send('POST', accounts(), {
        ...json({ population: 'user', userName: 'x' }),
        headers: [JSON_TYPE, 'Idempotency-Key: a', 'Idempotency-Key: b'],
      }),
  ],
  ['an If-Match that is empty', 400, () => send('POST', `${account()}/disable`, { headers: ['If-Match:'] })],
  [
    'an If-Match that is no tag',
    400,
    () => send('POST', `${account()}/disable`, { headers: ['If-Match: 1'] }),
  ],
  [
    'two If-Match of which neither is the state',
    412,
    () => send('POST', `${account()}/disable`, { headers: ['If-Match: "77"', 'If-Match: "78"'] }),
  ],
  [
    'two If-Match, one of them no tag',
    400,
    () => send('POST', `${account()}/disable`, { headers: ['If-Match: "1"', 'If-Match: x'] }),
  ],
  ['another method', 405, () => send('PATCH', account(), json({}))],
  ['a method of no standard', 405, () => send('PROPFIND', account())],
  ['TRACE', 405, () => send('TRACE', account())],
];

areRefused('queries', queries);
areRefused('paths', paths);
areRefused('headers and methods', headers);

import { type Hostile, hostileTo, JSON_TYPE, json } from '../support/hostile.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll({ SALLYPORT_ADMIN_CALLS_PER_MINUTE: '100000' });
const { at, account, accounts, send, areRefused } = hostileTo(server);

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

const bodies: readonly Hostile[] = [
  [
    'an operator in place of a text',
    422,
    () => send('POST', `${account()}/disable`, json({ reason: { $ne: '' } })),
  ],
  ['an operator as a name', 422, () => send('POST', `${account()}/disable`, json({ $where: '1' }))],
  [
    'an operator in place of a policy',
    422,
    () => send('PATCH', `/tenants/${at.tenant}/policy`, json({ values: { $set: { x: 1 } } })),
  ],
  [
    'the name __proto__',
    422,
    () => send('POST', `${account()}/disable`, json('{"__proto__":{"reason":"x"}}')),
  ],
  [
    'the name constructor',
    422,
    () => send('POST', `${account()}/disable`, json({ constructor: { prototype: {} } })),
  ],
  [
    'a policy value at __proto__',
    422,
    () => send('PATCH', `/tenants/${at.tenant}/policy`, json('{"values":{"__proto__":{"a":1}}}')),
  ],
  [
    'a policy value at constructor.prototype',
    422,
    () =>
      send(
        'PATCH',
        `/tenants/${at.tenant}/policy`,
        json({ values: { 'constructor.prototype.a': 1, '__proto__.b': 2, 'lockout.__proto__': 3 } }),
      ),
  ],
  [
    'a body that is nested deep',
    400,
    () => send('PATCH', `/tenants/${at.tenant}/policy`, json(`{"values":${deep(1_000)}}`)),
  ],
  [
    'a policy value that is nested',
    422,
    () => send('PATCH', `/tenants/${at.tenant}/policy`, json(`{"values":{"lockout.user":${deep(20)}}}`)),
  ],
  ['a huge number', 422, () => send('POST', `/tenants/${at.tenant}/policy/rollback`, json('{"to":1e400}'))],
  [
    'a number beyond the whole ones',
    422,
    () => send('POST', `/tenants/${at.tenant}/policy/rollback`, json('{"to":9007199254740993}')),
  ],
  ['a fraction', 422, () => send('POST', `/tenants/${at.tenant}/policy/rollback`, json('{"to":1.5}'))],
  ['half of a surrogate pair', 400, () => send('POST', `${account()}/disable`, json('{"reason":"\\ud800"}'))],
  ['a field twice', 400, () => send('POST', `${account()}/disable`, json('{"reason":"a","reason":"b"}'))],
  [
    'bytes that are not UTF-8',
    400,
    () => send('POST', `${account()}/disable`, { headers: [JSON_TYPE], body: '{"reason":"\xff"}' }),
  ],
  ['a list in place of an object', 400, () => send('POST', `${account()}/disable`, json('[]'))],
  ['null', 400, () => send('POST', `${account()}/disable`, json('null'))],
  ['an empty body of a length', 400, () => send('POST', `${account()}/disable`, json(' '))],
  ['text that is called JSON', 400, () => send('POST', `${account()}/disable`, json('reason=x'))],
  [
    'JSON that is called a form',
    415,
    () =>
      send('POST', `${account()}/disable`, {
        headers: ['Content-Type: application/x-www-form-urlencoded'],
        body: '{}',
      }),
  ],
  ['JSON without a type', 415, () => send('POST', `${account()}/disable`, { body: '{}' })],
  [
    'JSON that is said to be compressed',
    415,
    () =>
      send('POST', `${account()}/disable`, { headers: [JSON_TYPE, 'Content-Encoding: gzip'], body: '{}' }),
  ],
  [
    'JSON in another charset',
    415,
    () =>
      send('POST', `${account()}/disable`, {
        headers: ['Content-Type: application/json; charset=utf-16'],
        body: '{}',
      }),
  ],
  [
    'two types',
    415,
    () =>
      send('POST', `${account()}/disable`, { headers: ['Content-Type: text/plain', JSON_TYPE], body: '{}' }),
  ],
  [
    'two types, the first of which is right',
    415,
    () =>
      send('POST', `${account()}/disable`, { headers: [JSON_TYPE, 'Content-Type: text/plain'], body: '{}' }),
  ],
  [
    'a body of 10 MB',
    413,
    () => send('POST', `${account()}/disable`, json({ reason: 'x'.repeat(10_000_000) })),
  ],
  [
    'a body where none is needed',
    422,
    () => send('POST', `/tenants/${at.tenant}/policy/cancel-scheduled`, json({ more: 1 })),
  ],
  ['no body where one is needed', 422, () => send('POST', accounts())],
  [
    'NUL and control characters in a name',
    422,
    () => send('POST', accounts(), json({ population: 'user', userName: 'a\u0000b\u001bc' })),
  ],
];

areRefused('bodies', bodies);

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** Where node or a driver takes a callback that it calls by itself; the callback follows. */
const TAKES_A_CALLBACK =
  /(?:(?<!submissions)\.(?:on|once|addListener|prependListener|addEventListener)\(\s*(?:'[^']*'|\w+),|(?<![\w$.])(?:setTimeout|setInterval|setImmediate|queueMicrotask|process\.nextTick)\()\s*/g;

/** What cannot throw: through `guarded`, a settling of a promise, one line of the log, or nothing. */
const HARMLESS = [
  /^guarded\(/,
  /^(?:resolve|reject|start)\b(?!\()/,
  /^\(\w*\) => (?:resolve|reject)\((?:\w+|new Error\('[^']*'\))?\)/,
  /^\((?:\w+(?:: Error)?)?\) =>\s*log\.\w+\(\{[^}()]*\}, '[^']*'\)/,
  /^\((?:\w+(?:: Error)?)?\) =>\s*options\.log\.\w+\(\{[^}()]*\}, '[^']*'\)/,
  /^\(\) => \{\}/,
];

/** The engine calls these within the request, whose error renderer takes what they throw. */
const WITHIN_A_REQUEST = ['src/doors/oidc/events.ts'];

function rawCallbacks(file: string, text: string): string[] {
  return [...text.matchAll(TAKES_A_CALLBACK)]
    .map((match) => ({ at: match.index, rest: text.slice(match.index + match[0].length) }))
    .filter(({ rest }) => !HARMLESS.some((form) => form.test(rest)))
    .map(({ at }) => `${file}:${text.slice(0, at).split('\n').length}`);
}

const files = (readdirSync('src', { recursive: true }) as string[])
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/${name}`);

test('SEC-4 X4 no callback of node or of a driver goes without a guard', () => {
  const raw = files
    .filter((file) => !WITHIN_A_REQUEST.includes(file))
    .flatMap((file) => rawCallbacks(file, readFileSync(file, 'utf8')));
  expect(raw).toEqual([]);
});

test.each([
  "server.on('request', (request) => new URL(request.url));",
  "response.on('end', () => resolve(JSON.parse(text)));",
  'setTimeout(() => work(), 5);',
  'setInterval(() => {\n  work();\n}, 5);',
  "socket.once(\n  'data',\n  (chunk) => read(chunk),\n);",
  'queueMicrotask(work);',
])('SEC-4 X4 the check refuses %j', (text) => {
  expect(rawCallbacks('x', text)).toEqual(['x:1']);
});

test('SEC-4 X4 servers are made in one place, which guards their handlers', () => {
  const makers = files.filter((file) => /\bcreateServer\(|\bkoa\.listen\(/.test(readFileSync(file, 'utf8')));
  expect(makers).toEqual(['src/foundation/web/server.ts']);
});

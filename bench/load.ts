// The driver: bounded in time and number, to loopback only; one error voids a round.
import { Agent, type OutgoingHttpHeaders, request } from 'node:http';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Round {
  perSecond: number;
  p50: number;
  p99: number;
  cpuMsPerOperation: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

export function send(
  port: number,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body = '',
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const form = body
    ? { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }
    : {};
  const sent = request(
    {
      host: '127.0.0.1',
      port,
      method,
      path,
      agent,
      headers: { host: `localhost:${port}`, ...form, ...headers },
    },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    },
  );
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

/**
 * Runs an operation over and over, `width` at once, for a time. Each of them is a slot, whose operations follow one another.
 * @throws when any operation fails: the round is void
 */
export async function load(
  operation: (n: number, slot: number) => Promise<unknown>,
  width: number,
  seconds: number,
  cpuMs: () => number,
): Promise<Round> {
  const times: number[] = [];
  const cpuBefore = cpuMs();
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  let n = 0;
  await Promise.all(
    Array.from({ length: width }, async (_, slot) => {
      while (performance.now() < until) {
        const begun = performance.now();
        await operation(n++, slot);
        times.push(performance.now() - begun);
      }
    }),
  );
  const elapsed = (performance.now() - startedAt) / 1_000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    perSecond: times.length / elapsed,
    p50: at(0.5),
    p99: at(0.99),
    cpuMsPerOperation: (cpuMs() - cpuBefore) / times.length,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

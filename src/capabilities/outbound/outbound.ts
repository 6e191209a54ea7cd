import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { guarded, isPublicAddress, isWithin, parseRange } from '../../foundation/base/index.ts';

export interface Outbound {
  /**
   * Posts and answers the status; nothing of the answer is read, and no redirect followed (S78).
   * @throws Error with a short reason that an administrator may read
   */
  post(
    address: string,
    message: { type: string; body: string; headers?: Record<string, string> },
  ): Promise<number>;
}

const PATIENCE_MS = 5_000;
const LATE = 'no answer in 5 seconds';

type Call = ReturnType<typeof import('node:http').request>;

/**
 * The status of the answer. What is asked belongs to strangers: it may answer `101`, go on with `102` for ever, close without a
 * word, or let the connection stand half-open. The call is settled by whichever end comes first, ours at the latest.
 */
function statusOf(request: Call): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fail = (error: Error) => reject(new Error(reasonOf(error), { cause: error }));
  const timer = setTimeout(
    guarded(fail, () => {
      reject(new Error(LATE));
      request.destroy();
    }),
    PATIENCE_MS,
  );
  // Every one: after the answer too something may fail, and an error that is not heard ends the process.
  request.on('error', guarded(reject, fail));
  request.on(
    'response',
    guarded(fail, (response: IncomingMessage) => {
      response.on('error', () => {});
      resolve(response.statusCode ?? 0);
      // Ten megabytes, or ten days of them, stay with their sender.
      response.destroy();
    }),
  );
  request.on(
    'upgrade',
    guarded(fail, ({ statusCode }: IncomingMessage, socket: Duplex) => {
      socket.on('error', () => {});
      socket.destroy();
      resolve(statusCode ?? 0);
    }),
  );
  request.on(
    'close',
    guarded(fail, () => {
      clearTimeout(timer);
      reject(new Error('the connection ended without an answer'));
    }),
  );
  return promise;
}

/** Why a request came to nothing; no one may learn the addresses behind a name. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

/** @param allowedNetworks addresses and ranges that may be asked although they are not public */
export function createOutbound({ allowedNetworks }: { allowedNetworks: readonly string[] }): Outbound {
  const ranges = allowedNetworks.map(parseRange);
  const isAllowed = (address: string) => isWithin(address, ranges);

  /** In the open only to networks that the operator named. */
  const mayAsk = (address: string, isEncrypted: boolean) =>
    isAllowed(address) || (isEncrypted && isPublicAddress(address));

  const assertAll = (addresses: readonly string[], isEncrypted: boolean) => {
    if (addresses.length === 0 || !addresses.every((address) => mayAsk(address, isEncrypted)))
      throw new Error('the address is not public, or not https, and not in outbound.allowedNetworks');
  };

  // What was checked is what is connected to: a name that answers otherwise the next time gains nothing (rebinding).
  const checkedLookup =
    (isEncrypted: boolean): LookupFunction =>
    (hostname, options, callback) => {
      lookup(hostname, { ...options, all: true })
        .then((found: LookupAddress[]) => {
          assertAll(
            found.map(({ address }) => address),
            isEncrypted,
          );
          const [first] = found as [LookupAddress];
          if (options.all) callback(null, found);
          else callback(null, first.address, first.family);
        })
        .catch((error: Error) => callback(error, ''));
    };

  return {
    async post(address, { type, body, headers = {} }) {
      const url = new URL(address);
      const isEncrypted = url.protocol === 'https:';
      if (!isEncrypted && url.protocol !== 'http:') throw new Error('the address must be https');
      // A literal address is connected to without being looked up.
      const host = url.hostname.replace(/^\[|\]$/g, '');
      if (isIP(host)) assertAll([host], isEncrypted);
      // Loaded when first needed: most processes never ask anybody.
      const { request: ask } = await (isEncrypted ? import('node:https') : import('node:http'));
      const request = ask(url, {
        method: 'POST',
        agent: false,
        headers: { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body) },
        lookup: checkedLookup(isEncrypted),
      });
      const status = statusOf(request);
      request.end(body);
      return status;
    },
  };
}

import { createServer, connect as dial, type Socket } from 'node:net';
import { answerTo, type Frame, framer } from './wire.ts';

/**
 * What is wrong with the way to a server.
 * - `refuse`: every connection is reset · `silent`: connections are accepted, and nothing comes or goes any more
 * - `slow`: each piece waits `ms` ± `jitterMs`; a share of new connections is `halfOpen`: accepted and never answered
 */
export type Fault =
  | { kind: 'none' }
  | { kind: 'refuse' }
  | { kind: 'silent' }
  | { kind: 'slow'; ms: number; jitterMs: number; halfOpen: number };

/** What happens to one MongoDB command, once: decided by its name. */
export type CommandFault =
  /** The server is not asked; an error document is the answer. */
  | { kind: 'error'; document: Record<string, unknown> }
  /** The server does it; its answer never arrives, as the connection is reset. */
  | { kind: 'lose-answer' }
  /** The server is sent the command twice, as after a retry; the second answer arrives. */
  | { kind: 'twice' };

export interface FaultProxy {
  port: number;
  become(fault: Fault): void;
  /** The next commands of these names meet the fault. @returns how many still will */
  onCommand(names: readonly string[], fault: CommandFault, times: number): () => number;
  /** MongoDB commands that went through, oldest first. */
  commands(): readonly Record<string, unknown>[];
  open(): number;
  close(): Promise<void>;
}

const MAX_KEPT = 1_000;

/** The pieces of one direction, each forwarded after its delay, in order. */
function lane(target: Socket, delayMs: () => number) {
  let last: Promise<void> = Promise.resolve();
  return (bytes: Buffer) => {
    const ms = delayMs();
    const due = ms === 0 ? last : Promise.all([last, new Promise((resolve) => setTimeout(resolve, ms))]);
    last = due.then(() => {
      if (!target.destroyed) target.write(bytes);
    });
  };
}

/** A proxy in front of a store that can fail in the ways that networks and servers do. @param isMongodb cuts the stream into commands */
export async function startFaultProxy(
  targetPort: number,
  { isMongodb = false, listenPort = 0 } = {},
): Promise<FaultProxy> {
  let fault: Fault = { kind: 'none' };
  let planned: { names: readonly string[]; fault: CommandFault; left: number }[] = [];
  const seen: Record<string, unknown>[] = [];
  const sockets = new Set<Socket>();

  const delay = () =>
    fault.kind === 'slow' ? Math.max(0, fault.ms + (Math.random() * 2 - 1) * fault.jitterMs) : 0;
  const isMute = () => fault.kind === 'silent';
  const plannedFor = (document: Record<string, unknown> | undefined) => {
    const name = document && Object.keys(document)[0];
    const plan = planned.find(({ names, left }) => left > 0 && name !== undefined && names.includes(name));
    if (plan) plan.left -= 1;
    return plan?.fault;
  };

  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => {});
    client.once('close', () => sockets.delete(client));
    if (fault.kind === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    if (isMute() || (fault.kind === 'slow' && Math.random() < fault.halfOpen)) {
      client.resume();
      return;
    }
    const upstream = dial(targetPort, '127.0.0.1');
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    upstream.once('close', () => {
      sockets.delete(upstream);
      client.destroy();
    });
    client.once('close', () => upstream.destroy());

    const toServer = lane(upstream, delay);
    const toClient = lane(client, delay);
    /** Answers that must not arrive: `lose` resets the connection instead, `drop` is the first answer of two. */
    const special = new Map<number, 'lose' | 'drop'>();
    const onRequest = ({ bytes, requestId, document }: Frame) => {
      if (document) {
        seen.push(document);
        if (seen.length > MAX_KEPT) seen.shift();
      }
      const chosen = plannedFor(document);
      if (chosen?.kind === 'error') {
        toClient(answerTo(requestId, chosen.document));
        return;
      }
      if (chosen?.kind === 'lose-answer') special.set(requestId, 'lose');
      if (chosen?.kind === 'twice') {
        const first = Buffer.from(bytes);
        first.writeInt32LE(requestId + 0x4000_0000, 4);
        special.set(requestId + 0x4000_0000, 'drop');
        toServer(first);
      }
      toServer(bytes);
    };
    const onAnswer = ({ bytes, responseTo }: Frame) => {
      const fate = special.get(responseTo);
      if (fate === 'lose') client.resetAndDestroy();
      else if (fate !== 'drop') toClient(bytes);
    };
    const requests = isMongodb ? framer(onRequest) : toServer;
    const answers = isMongodb ? framer(onAnswer) : toClient;
    client.on('data', (chunk) => {
      if (!isMute()) requests(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!isMute()) answers(chunk);
    });
  });

  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(listenPort, '127.0.0.1', resolve);
  await promise;
  return {
    port: (server.address() as { port: number }).port,
    become(next) {
      fault = next;
      // What was mute stays lost: bytes were dropped on it.
      if (next.kind === 'refuse' || next.kind === 'none')
        for (const socket of sockets) socket.resetAndDestroy();
    },
    onCommand(names, commandFault, times) {
      const plan = { names, fault: commandFault, left: times };
      planned = [...planned, plan];
      return () => plan.left;
    },
    commands: () => seen,
    open: () => sockets.size,
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      for (const socket of sockets) socket.destroy();
      await closed.promise;
    },
  };
}

import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accepts, type Manner } from './logout-listener.ts';

export interface ReceivedEvent {
  id: string;
  headers: IncomingHttpHeaders;
  body: string;
  event: { type: string; timestamp: string; data: Record<string, unknown> };
}

/** A receiver of webhooks. */
export interface WebhookListener {
  url: string;
  /** What came, in its order, whatever was answered. */
  events: ReceivedEvent[];
  /** How it answers from now on. */
  manner: Manner;
  close(): Promise<void>;
}

/** Whether one of the signatures is made with the secret (Standard Webhooks). */
export function isSignedWith(secret: string, { id, headers, body }: ReceivedEvent): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = `${id}.${headers['webhook-timestamp']}.${body}`;
  const right = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(right);
}

export async function startWebhookListener(manner: Manner = accepts): Promise<WebhookListener> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const id = String(request.headers['webhook-id']);
    listener.events.push({ id, headers: request.headers, body, event: JSON.parse(body) });
    listener.manner(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listener: WebhookListener = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    events: [],
    manner,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return listener;
}

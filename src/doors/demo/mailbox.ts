import type { Mailbox } from '../../capabilities/mail/index.ts';
import { type Pages, publicReading, type Registry } from '../../foundation/web/index.ts';

const why = 'exists only in the demo, on loopback';
const guards = publicReading(why, why);

/** `GET /demo/mailbox`: what would have been mailed. */
export function addMailbox(registry: Registry, pages: Pages, mailbox: Mailbox): void {
  registry.route({ method: 'GET', path: '/demo/mailbox', name: 'mailbox', guards }, async (ctx) => {
    pages.render(ctx, 'demo/mailbox', {
      title: 'mailbox.title',
      step: 'mailbox',
      messages: mailbox.messages,
    });
  });
}

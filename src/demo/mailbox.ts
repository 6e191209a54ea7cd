import type { Mailbox } from '../mail/index.ts';
import { type Guards, on, type Pages, type Registry, waived } from '../web/index.ts';

const why = 'exists in the demo alone, on loopback';
const guards: Guards = {
  state: waived(why),
  attempts: waived(why),
  factor: waived(why),
  steps: waived(why),
  bind: waived(why),
  csrf: waived('reads only'),
  fresh: waived(why),
  authz: waived(why),
  once: waived(why),
  rate: waived(why),
  same: on('the same page for everybody'),
};

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

import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string[];
  text: string;
  isEncrypted: boolean;
  user: string;
}

const USER = 'sallyport';
const PASS = 'only for this test';

/** A real SMTP server in this process, with STARTTLS and a password. @param options.refusals how many messages it turns away first, with `reply`, at the end of the message or at its address */
export async function startMailServer(
  options: { refusals?: number; reply?: number; at?: 'RCPT' | 'DATA'; port?: number } = {},
) {
  const messages: ReceivedMail[] = [];
  const { reply = 451, at = 'DATA' } = options;
  let refusals = options.refusals ?? 0;
  const refusal = () => {
    refusals -= 1;
    return Object.assign(new Error('not taken'), { responseCode: reply });
  };
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      username === USER && password === PASS
        ? done(null, { user: username })
        : done(new Error('wrong password')),
    onRcptTo: (_address, _session, done) => done(at === 'RCPT' && refusals > 0 ? refusal() : null),
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      stream.on('end', () => {
        if (at === 'DATA' && refusals > 0) {
          done(refusal());
          return;
        }
        const { mailFrom, rcptTo } = session.envelope;
        messages.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          text,
          isEncrypted: session.secure,
          user: String(session.user ?? ''),
        });
        done();
      });
    },
  });
  // Clients that hang up are their own affair.
  server.on('error', () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(options.port ?? 0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.server.address() as AddressInfo;
  return {
    messages,
    url: `smtp://${USER}:${encodeURIComponent(PASS)}@127.0.0.1:${port}/?tls.rejectUnauthorized=false`,
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}

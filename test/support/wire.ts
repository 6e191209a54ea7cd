// MongoDB's wire protocol, as far as the proxies of the tests look into it: messages, and what stands in an OP_MSG.
import { BSON } from 'mongodb';

const HEADER = 16;
const OP_MSG = 2013;

export interface Frame {
  bytes: Buffer;
  requestId: number;
  responseTo: number;
  /** The command or the answer; undefined for other protocols. */
  document: Record<string, unknown> | undefined;
}

/** Cuts a stream of MongoDB's wire protocol into messages. @param onFrame told of each, in order */
export function framer(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER) {
      const length = rest.readInt32LE(0);
      if (rest.length < length) return;
      const bytes = rest.subarray(0, length);
      rest = rest.subarray(length);
      const isMessage = bytes.readInt32LE(12) === OP_MSG && bytes[HEADER + 4] === 0;
      onFrame({
        bytes,
        requestId: bytes.readInt32LE(4),
        responseTo: bytes.readInt32LE(8),
        document: isMessage
          ? BSON.deserialize(bytes.subarray(HEADER + 5), { allowObjectSmallerThanBufferSize: true })
          : undefined,
      });
    }
  };
}

/** An answer to a command, as a message of the protocol. */
export function answerTo(requestId: number, document: Record<string, unknown>): Buffer {
  const body = BSON.serialize(document);
  const bytes = Buffer.alloc(HEADER + 5 + body.length);
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(requestId, 8);
  bytes.writeInt32LE(OP_MSG, 12);
  bytes.set(body, HEADER + 5);
  return bytes;
}

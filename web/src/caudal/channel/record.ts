import { type Bytes, u16 } from "./bytes.ts";
import { tagSize } from "./cipher-state.ts";
import { ChannelError } from "./errors.ts";

// The plaintext of a record (PROTOCOL.md, section 4):
//
//	0  u8   type: 1 data, 2 close
//	1  u16  length of the body, big endian
//	3  ..   body
//	   ..   zeros up to the bucket

const typeData = 1;
const typeClose = 2;
const headerSize = 3;
const closeBodySize = 2;

/** Bounds of the bucket: 64, doubling up to 4,096, then its multiples up to 61,440. */
const minBucket = 64;
const pageBucket = 4096;
const maxPlaintext = 61440;

/** Longest body of a record, in bytes. */
export const maxBody = maxPlaintext - headerSize;
/** Longest message that the channel makes or takes, in bytes. */
export const maxMessage = maxPlaintext + tagSize;

/** What a record says. `code` is a close code (PROTOCOL.md, section 9). */
export type Opened =
  { readonly type: "data"; readonly body: Bytes } | { readonly type: "close"; readonly code: number };

/** The padded length of `n` plaintext bytes. */
export function bucket(n: number): number {
  if (n <= minBucket) return minBucket;
  if (n <= pageBucket) return 2 ** (32 - Math.clz32(n - 1));
  return Math.ceil(n / pageBucket) * pageBucket;
}

/** The padded plaintext of a data record. Throws `too_large`. */
export function dataPlaintext(body: Uint8Array): Bytes {
  if (body.length > maxBody) throw new ChannelError("too_large", `a body of ${body.length} bytes, at most ${maxBody}`);
  return plaintextOf(typeData, body);
}

/** The padded plaintext of a close record; `code` 0 to 65,535. */
export function closePlaintext(code: number): Bytes {
  return plaintextOf(typeClose, u16(code));
}

function plaintextOf(type: number, body: Uint8Array): Bytes {
  const out = new Uint8Array(bucket(headerSize + body.length));
  out[0] = type;
  out.set(u16(body.length), 1);
  out.set(body, headerSize);
  return out;
}

/** Throws `record_malformed` for a message of a length that no record has. */
export function checkRecordLength(length: number): void {
  const padded = length - tagSize;
  if (padded < minBucket || padded > maxPlaintext || padded !== bucket(padded)) {
    throw new ChannelError("record_malformed", `no record has ${length} bytes`);
  }
}

/**
 * Reads an authentic plaintext. There is one valid padding for each body; everything else is `record_malformed`, so that
 * padding can carry no second channel.
 */
export function readPlaintext(plaintext: Bytes): Opened {
  const view = new DataView(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
  const end = headerSize + view.getUint16(1);
  if (bucket(end) !== plaintext.length) throw new ChannelError("record_malformed", "a record with wrong padding");
  for (let i = end; i < plaintext.length; i++) {
    if (plaintext[i] !== 0) throw new ChannelError("record_malformed", "a record whose padding is not zero");
  }
  const body = plaintext.slice(headerSize, end);
  switch (plaintext[0]) {
    case typeData:
      return { type: "data", body };
    case typeClose:
      if (body.length !== closeBodySize) throw new ChannelError("record_malformed", "a close record without a code");
      return { type: "close", code: view.getUint16(headerSize) };
  }
  throw new ChannelError("record_malformed", `a record of type ${plaintext[0]}`);
}

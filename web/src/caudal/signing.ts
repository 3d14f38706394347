import { type Bytes, concat, label, u32, u8, utf8 } from "./channel/bytes.ts";

// What a device signs (PROTOCOL.md, section 6):
//
//	label || 0 || identity (32) || channel hash (32) || field ...     field(x) = u32 length || x
//
// The identity keeps a signature from being carried to another bank, the channel hash from another connection.

/** The bank and the connection that a signature is for: `identity` and `channelHash` of its channel, 32 bytes each. */
export interface SigningContext {
  readonly identity: Uint8Array;
  readonly channelHash: Uint8Array;
}

/** A device's public key: 32 bytes of Ed25519, or a P-256 point of 65 bytes. */
export interface DeviceKey {
  /** The value of `DeviceAlgorithm`. */
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
}

/** What a new device signs to register or log in. */
export function enrolmentMessage(context: SigningContext, username: string, key: DeviceKey): Bytes {
  return message("caudal device enrol v1", context, utf8(username), u8(key.algorithm), key.publicKey);
}

/** What an enrolled device signs to sign in again. */
export function resumeMessage(context: SigningContext, deviceId: Uint8Array): Bytes {
  return message("caudal device resume v1", context, deviceId);
}

function message(purpose: string, { identity, channelHash }: SigningContext, ...fields: Uint8Array[]): Bytes {
  if (identity.length !== 32 || channelHash.length !== 32)
    throw new RangeError("identity and channel hash have 32 bytes");
  return concat(label(purpose), identity, channelHash, ...fields.flatMap((field) => [u32(field.length), field]));
}

import type { Bytes } from "./bytes.ts";
import { ChannelError } from "./errors.ts";

/** Length of an X25519 public key and of a shared secret, in bytes (RFC 7748). */
export const x25519Size = 32;

/** A key pair for one handshake. The private half cannot be exported. */
export interface X25519KeyPair {
  readonly publicKey: Bytes;
  readonly privateKey: CryptoKey;
}

/** A fresh key pair. Throws `unsupported` where the browser has no X25519. */
export async function generateX25519(): Promise<X25519KeyPair> {
  try {
    const pair = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    if (!("privateKey" in pair)) throw new TypeError("not a key pair");
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return { publicKey, privateKey: pair.privateKey };
  } catch (cause) {
    throw new ChannelError("unsupported", "this browser makes no X25519 keys", { cause });
  }
}

/** The shared secret. Throws `low_order` where it is zero, as for every point of small order (RFC 7748, section 6.1). */
export async function agree(privateKey: CryptoKey, publicKey: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", publicKey, { name: "X25519" }, false, []);
  let secret: Bytes;
  try {
    const bits = await crypto.subtle.deriveBits({ name: "X25519", public: imported }, privateKey, 8 * x25519Size);
    secret = new Uint8Array(bits);
  } catch (cause) {
    // Between two X25519 keys nothing else can fail. Not every engine refuses, so the result is looked at as well.
    throw new ChannelError("low_order", "the X25519 key of the bank is of low order", { cause });
  }
  if (secret.every((byte) => byte === 0)) {
    throw new ChannelError("low_order", "the X25519 key of the bank is of low order");
  }
  return secret;
}

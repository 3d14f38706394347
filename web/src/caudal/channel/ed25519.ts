import { type Bytes, fromHex } from "./bytes.ts";
import { ChannelError } from "./errors.ts";

/** Lengths of an Ed25519 public key and signature, in bytes (RFC 8032). */
export const ed25519Size = 32;
export const signatureSize = 64;

/**
 * The y coordinates of the eight points whose order divides 8 (order 4; 1; 8; 8; 2), little endian. Under such a key
 * anybody can make signatures, and WebCrypto verifies them.
 */
const smallOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((y) => number(fromHex(y)));

const p = 2n ** 255n - 19n;

/** Whether a key is one that an honest signer can have: of large order, and reduced, so that no key has two spellings. */
export function usableKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== ed25519Size) return false;
  const y = BigInt.asUintN(255, number(publicKey)); // the highest bit is the sign of x
  return y < p && !smallOrder.includes(y);
}

/** Whether the key made the signature over `message`. Throws `unsupported` where the browser has no Ed25519. */
export async function verify(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (!usableKey(publicKey) || signature.length !== signatureSize) return false;
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "NotSupportedError") {
      throw new ChannelError("unsupported", "this browser has no Ed25519", { cause });
    }
    return false; // no point on the curve
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
}

/** Little endian. */
function number(bytes: Uint8Array): bigint {
  let n = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) n = (n << 8n) | BigInt(bytes[i] ?? 0);
  return n;
}

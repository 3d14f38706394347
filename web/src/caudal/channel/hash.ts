import { type Bytes, concat, u8, wipe } from "./bytes.ts";

/** Length of a SHA-256 hash, in bytes. */
export const hashSize = 32;

/** SHA-256 (FIPS 180-4). */
export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

/** HMAC-SHA-256 (RFC 2104) under a key of at least one byte. */
export async function hmac(key: Bytes, data: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

/**
 * Noise's HKDF with two outputs of 32 bytes (revision 34, section 4.3): RFC 5869 with the chaining key as salt and no
 * info. By HMAC and not WebCrypto's HKDF, because browsers differ on the empty input that ends a handshake.
 */
export async function hkdf2(chainingKey: Bytes, input: Bytes): Promise<[Bytes, Bytes]> {
  const extracted = await hmac(chainingKey, input);
  const first = await hmac(extracted, u8(1));
  const tail = concat(first, u8(2));
  const second = await hmac(extracted, tail);
  wipe(extracted, tail);
  return [first, second];
}

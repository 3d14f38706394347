import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";

import { type Bytes, concat, fromHex } from "../../src/caudal/channel/bytes.ts";
import type { Source } from "../../src/caudal/channel/initiator.ts";
import type { MLKEMKeyPair, MLKEMProvider } from "../../src/caudal/channel/mlkem.ts";
import { nobleKeyPair } from "../../src/caudal/channel/mlkem-noble.ts";
import { webCryptoKeyPair } from "../../src/caudal/channel/mlkem-webcrypto.ts";
import { agree, type X25519KeyPair } from "../../src/caudal/channel/x25519.ts";

// Keys that are the same each time: for vectors only.

/** What stands before the 32 bytes of an X25519 private key in PKCS#8 (RFC 8410, section 7). */
const pkcs8Head = fromHex("302e020100300506032b656e04220420");

const basePoint = concat(Uint8Array.of(9), new Uint8Array(31));

export async function fixedX25519(privateBytes: Bytes): Promise<X25519KeyPair> {
  const pkcs8 = concat(pkcs8Head, privateBytes);
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "X25519" }, false, ["deriveBits"]);
  return { privateKey, publicKey: await agree(privateKey, basePoint) };
}

/** What WebCrypto calls the import of a seed, which TypeScript's own declarations do not know yet. */
interface SeedSubtle {
  importKey(
    format: "raw-seed",
    seed: Bytes,
    algorithm: { name: string },
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey>;
  getPublicKey(key: CryptoKey, usages: readonly string[]): Promise<CryptoKey>;
  exportKey(format: "raw-public", key: CryptoKey): Promise<ArrayBuffer>;
}

function hasSeeds(subtle: object): subtle is SeedSubtle {
  return "getPublicKey" in subtle;
}

/** The ML-KEM-768 key of a 64-byte seed d || z (FIPS 203, section 7.1), computed by the provider named. */
export async function fixedMLKEM(seed: Bytes, provider: MLKEMProvider): Promise<MLKEMKeyPair> {
  if (provider === "noble") return nobleKeyPair(ml_kem768.keygen(seed));
  const subtle: object = crypto.subtle;
  if (!hasSeeds(subtle)) throw new Error("WebCrypto has no ML-KEM-768 here");
  const key = await subtle.importKey("raw-seed", seed, { name: "ML-KEM-768" }, false, ["decapsulateBits"]);
  const publicKey = await subtle.getPublicKey(key, ["encapsulateBits"]);
  return webCryptoKeyPair(new Uint8Array(await subtle.exportKey("raw-public", publicKey)), key);
}

/** A source of one handshake's keys. */
export function fixedSource(ephemeral: Bytes, seed: Bytes, provider: MLKEMProvider): Source {
  return { x25519: () => fixedX25519(ephemeral), mlkem: () => fixedMLKEM(seed, provider) };
}

/** Encapsulates for a key, with randomness m (FIPS 203, section 6.2) where it is given. */
export async function encapsulate(key: Bytes, m?: Bytes): Promise<{ secret: Bytes; ciphertext: Bytes }> {
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(key, m);
  return { secret: new Uint8Array(sharedSecret), ciphertext: new Uint8Array(cipherText) };
}

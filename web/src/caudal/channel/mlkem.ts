import type { Bytes } from "./bytes.ts";
import { ChannelError } from "./errors.ts";
import { webCryptoMLKEM } from "./mlkem-webcrypto.ts";

/** Sizes of ML-KEM-768 (FIPS 203, table 3), in bytes. */
export const encapsulationKeySize = 1184;
export const ciphertextSize = 1088;

/** Who computes ML-KEM-768: the browser itself, or the library `@noble/post-quantum`. */
export type MLKEMProvider = "webcrypto" | "noble";

/** An ML-KEM-768 key pair for one handshake. */
export interface MLKEMKeyPair {
  readonly provider: MLKEMProvider;
  /** 1,184 bytes. */
  readonly encapsulationKey: Bytes;
  /**
   * The shared secret (32 bytes) of a ciphertext of exactly 1,088 bytes. One made for another key gives a random secret
   * and no error (FIPS 203, section 6.3): what is decrypted with it fails.
   */
  decapsulate(ciphertext: Bytes): Promise<Bytes>;
  /** Forgets the decapsulation key. */
  wipe(): void;
}

/** A fresh key pair: by WebCrypto where it has ML-KEM-768, else by the library, which is loaded then and not before. */
export async function generateMLKEM(): Promise<MLKEMKeyPair> {
  const native = await webCryptoMLKEM();
  if (native?.encapsulationKey.length === encapsulationKeySize) return native; // else the name means another KEM there
  return (await loadNoble()).generateNobleMLKEM();
}

async function loadNoble() {
  try {
    return await import("./mlkem-noble.ts");
  } catch (cause) {
    throw new ChannelError("unavailable", "the code for ML-KEM-768 could not be loaded", { cause });
  }
}

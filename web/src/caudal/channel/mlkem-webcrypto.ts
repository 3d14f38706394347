import type { Bytes } from "./bytes.ts";
import type { MLKEMKeyPair } from "./mlkem.ts";

const algorithm = { name: "ML-KEM-768" };

/**
 * What WebCrypto calls the KEM operations (WICG, "Modern Algorithms in the Web Cryptography API"; Chromium has them),
 * which TypeScript's own declarations do not know yet.
 */
interface KEMSubtle {
  generateKey(algorithm: { name: string }, extractable: boolean, usages: readonly string[]): Promise<CryptoKeyPair>;
  exportKey(format: "raw-public", key: CryptoKey): Promise<ArrayBuffer>;
  decapsulateBits(algorithm: { name: string }, key: CryptoKey, ciphertext: Bytes): Promise<ArrayBuffer>;
}

function hasKEM(subtle: object): subtle is KEMSubtle {
  return "decapsulateBits" in subtle;
}

/** A fresh key pair whose private half cannot be exported; `undefined` where WebCrypto has no ML-KEM-768. */
export async function webCryptoMLKEM(): Promise<MLKEMKeyPair | undefined> {
  const subtle: object = crypto.subtle;
  if (!hasKEM(subtle)) return undefined;
  let pair: CryptoKeyPair;
  let encapsulationKey: Bytes;
  try {
    // Without encapsulateBits the public half has no usages, which is all that exporting it takes.
    pair = await subtle.generateKey(algorithm, false, ["decapsulateBits"]);
    encapsulationKey = new Uint8Array(await subtle.exportKey("raw-public", pair.publicKey));
  } catch {
    return undefined; // an engine with other KEMs, or with the draft's names for other things
  }
  return webCryptoKeyPair(encapsulationKey, pair.privateKey);
}

/** The key pair of a CryptoKey that decapsulates. */
export function webCryptoKeyPair(encapsulationKey: Bytes, privateKey: CryptoKey): MLKEMKeyPair {
  const subtle: object = crypto.subtle;
  if (!hasKEM(subtle)) throw new TypeError("an ML-KEM key without an engine for it");
  let key: CryptoKey | undefined = privateKey;
  return {
    provider: "webcrypto",
    encapsulationKey,
    async decapsulate(ciphertext) {
      if (key === undefined) throw new TypeError("the ML-KEM key has been wiped");
      return new Uint8Array(await subtle.decapsulateBits(algorithm, key, ciphertext));
    },
    wipe() {
      key = undefined;
    },
  };
}

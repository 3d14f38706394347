import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";

import { wipe } from "./bytes.ts";
import type { MLKEMKeyPair } from "./mlkem.ts";

// Apart from mlkem.ts and imported by it only when it is needed, so that a browser that has ML-KEM loads none of this.

/** A fresh key pair by `@noble/post-quantum`. Its private half is in this script's memory until it is wiped. */
export function generateNobleMLKEM(): MLKEMKeyPair {
  return nobleKeyPair(ml_kem768.keygen());
}

/** The key pair of keys that the library made. */
export function nobleKeyPair(keys: { publicKey: Uint8Array; secretKey: Uint8Array }): MLKEMKeyPair {
  return {
    provider: "noble",
    encapsulationKey: new Uint8Array(keys.publicKey),
    async decapsulate(ciphertext) {
      const secret = ml_kem768.decapsulate(ciphertext, keys.secretKey);
      const own = new Uint8Array(secret); // of memory that WebCrypto takes
      wipe(secret);
      return own;
    },
    wipe() {
      wipe(keys.secretKey);
    },
  };
}

import type { Bytes } from "../channel/index.ts";
import { DeviceAlgorithm } from "../gen/caudal/v1/caudal_pb.ts";
import type { DeviceKey } from "../signing.ts";

/** A key pair of this browser. The private half cannot be exported, by no script, and is stored as it is. */
export interface DevicePair extends DeviceKey {
  readonly algorithm: DeviceAlgorithm;
  readonly publicKey: Bytes;
  readonly privateKey: CryptoKey;
}

const ed25519 = { name: "Ed25519" };
const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A fresh key pair: Ed25519, or ECDSA on P-256 where the browser lacks it. */
export async function generateDeviceKey(): Promise<DevicePair> {
  try {
    return await generate(ed25519, DeviceAlgorithm.ED25519);
  } catch {
    return await generate(ecdsa, DeviceAlgorithm.ECDSA_P256);
  }
}

async function generate(parameters: { name: string }, algorithm: DeviceAlgorithm): Promise<DevicePair> {
  const pair = await crypto.subtle.generateKey(parameters, false, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("not a key pair");
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { algorithm, publicKey, privateKey: pair.privateKey };
}

/** The signature, 64 bytes: of Ed25519 (RFC 8032), or r || s of ECDSA, which is what WebCrypto makes. */
export async function signWith(privateKey: CryptoKey, message: Bytes): Promise<Bytes> {
  const parameters = privateKey.algorithm.name === ecdsa.name ? ecdsa : ed25519;
  return new Uint8Array(await crypto.subtle.sign(parameters, privateKey, message));
}

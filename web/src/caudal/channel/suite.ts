import { tagSize } from "./cipher-state.ts";
import { ChannelError } from "./errors.ts";
import { ciphertextSize, encapsulationKeySize } from "./mlkem.ts";
import { x25519Size } from "./x25519.ts";

/** One of the two channels that Caudal speaks. PROTOCOL.md, sections 1 and 2. */
export interface Suite {
  /** The WebSocket subprotocol. */
  readonly subprotocol: string;
  /** The Noise protocol name. */
  readonly protocolName: string;
  /** ML-KEM-768 beside X25519: a recording stays closed as long as one of the two holds. */
  readonly hybrid: boolean;
}

export const hybrid: Suite = {
  subprotocol: "caudal.v1",
  protocolName: "Noise_NXhfs_25519+MLKEM768_AESGCM_SHA256",
  hybrid: true,
};

export const classic: Suite = {
  subprotocol: "caudal.v1.classic",
  protocolName: "Noise_NX_25519_AESGCM_SHA256",
  hybrid: false,
};

/** Longest certificate in message 2, in bytes: a client holds no more from somebody who has proven nothing yet. */
export const maxCertificate = 16384;

/** The suite of a subprotocol, matched byte for byte. Throws `config` for any other name. */
export function suiteOf(subprotocol: string): Suite {
  for (const suite of [hybrid, classic]) {
    if (suite.subprotocol === subprotocol) return suite;
  }
  throw new ChannelError("config", `${JSON.stringify(subprotocol)} is no subprotocol of the channel`);
}

/** Exact length of message 1, in bytes: 1,216 or 32. */
export function message1Length(suite: Suite): number {
  return x25519Size + (suite.hybrid ? encapsulationKeySize : 0);
}

/** Length of message 2 with a certificate of so many bytes: 1,200 or 96 more. */
export function message2Length(suite: Suite, certificateLength: number): number {
  const kem = suite.hybrid ? ciphertextSize + tagSize : 0;
  return x25519Size + kem + (x25519Size + tagSize) + (certificateLength + tagSize);
}

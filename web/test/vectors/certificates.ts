import type { ChannelErrorCode } from "../../src/caudal/channel/errors.ts";

/** The form of certs/testdata/channel-certificates.json. Bytes are hexadecimal. */
export interface CertificateVectors {
  readonly fingerprints: readonly { readonly text: string; readonly key?: string; readonly valid: boolean }[];
  readonly certificates: readonly CertificateVector[];
}

export interface CertificateVector {
  readonly name: string;
  readonly certificate: string;
  /** The key that the handshake delivered. */
  readonly static: string;
  /** Fingerprint. */
  readonly pin: string;
  /** Seconds since 1970. */
  readonly now: number;
  /** "ok", or a key of `codes`. */
  readonly result: string;
  readonly display_name?: string;
  /** Fingerprint. */
  readonly predecessor?: string;
}

/** What the results in the file are called here. */
export const codes: Readonly<Record<string, ChannelErrorCode>> = {
  malformed: "certificate_malformed",
  version: "certificate_version",
  critical: "certificate_critical",
  static: "certificate_static",
  signature: "certificate_signature",
  predecessor: "certificate_predecessor",
  expired: "certificate_expired",
  not_yet_valid: "certificate_not_yet_valid",
  changed: "identity_changed",
};

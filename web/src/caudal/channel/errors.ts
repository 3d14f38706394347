/**
 * What went wrong with a channel, for programs to tell apart:
 *
 * - `config`: the caller's fault: a subprotocol that is none of ours or was not offered, a pin that is no identity
 * - `unsupported`: this browser lacks X25519, Ed25519 or AES-GCM, or the page is no secure context
 * - `unavailable`: the code for ML-KEM could not be loaded; worth another try
 * - `handshake_malformed`: message 2 has an impossible length
 * - `handshake_authentication`: message 2 was not made for this handshake, or the offer was altered on the way
 * - `handshake_used`: a second `finish`
 * - `low_order`: the peer's X25519 key makes a secret that everybody knows
 * - `certificate_...`, `identity_changed`: which of the checks of the channel certificate failed
 * - `fingerprint_malformed`: a fingerprint that was mistyped, or is of no usable key
 * - `too_large`: a body above `maxBody`; nothing was sealed, and the channel goes on
 * - `record_malformed`: a record of a length that there is not, or an authentic one whose inside is wrong
 * - `record_authentication`: altered, replayed, left out, out of order, or not made by the peer
 * - `engine`: WebCrypto failed at what it has done before, such as for want of memory
 * - `exhausted`: a direction has used up its counters
 * - `closed`: nothing follows a close record
 */
export type ChannelErrorCode =
  | "config"
  | "unsupported"
  | "unavailable"
  | "handshake_malformed"
  | "handshake_authentication"
  | "handshake_used"
  | "low_order"
  | "certificate_malformed"
  | "certificate_version"
  | "certificate_critical"
  | "certificate_static"
  | "certificate_signature"
  | "certificate_predecessor"
  | "certificate_expired"
  | "certificate_not_yet_valid"
  | "identity_changed"
  | "fingerprint_malformed"
  | "too_large"
  | "record_malformed"
  | "record_authentication"
  | "engine"
  | "exhausted"
  | "closed";

/** A handshake, certificate or record that was refused. `message` is for logs; it holds no secret. */
export class ChannelError extends Error {
  override readonly name: string = "ChannelError";

  constructor(
    readonly code: ChannelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What was thrown where nothing but WebCrypto can throw anything else than a `ChannelError`: it becomes `engine`. */
export function asChannelError(cause: unknown, what: string): ChannelError {
  return cause instanceof ChannelError ? cause : new ChannelError("engine", what, { cause });
}

/**
 * The bank has proven another identity than the pinned one, and no succession from it. Never move on without the
 * person: it is a bank that changed its identity without saying so, or somebody in the middle.
 */
export class IdentityChangedError extends ChannelError {
  override readonly name = "IdentityChangedError";

  constructor(
    /** Fingerprint of the identity that this client remembers. */
    readonly pinned: string,
    /** Fingerprint of the identity that was proven instead. */
    readonly presented: string,
  ) {
    super("identity_changed", `the bank's identity has changed: pinned ${pinned}, presented ${presented}`);
  }
}

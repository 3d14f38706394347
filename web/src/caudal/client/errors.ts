import { Code, type Error as Refusal } from "../gen/caudal/v1/caudal_pb.ts";

/** Longest text of the bank's that is kept of a refusal. */
const messageMax = 500;

/** A refusal: the bank answered, and nothing has changed, unless `code` is `OUTCOME_UNKNOWN`. */
export class BankError extends Error {
  override readonly name = "BankError";

  constructor(
    /** Stable; of a newer bank it may be a number that this program does not know. */
    readonly code: Code,
    /** For people, by the bank; may change at any time. */
    message: string,
    /** The same command, with the same idempotency key, may succeed later. */
    readonly retryable: boolean,
    /** Where retryable and known: not before this many milliseconds. */
    readonly retryAfterMs?: number | undefined,
  ) {
    super(message);
  }

  /** The code's name in text, such as "insufficient_funds". */
  get name_(): string {
    return codeName(this.code);
  }
}

/** Not connected, or cut before the reply. Only of calls that change nothing by themselves, or that may be repeated. */
export class LinkError extends Error {
  override readonly name = "LinkError";
}

/**
 * What could not be read from the store, or written to it. Nothing was sent: an order that is not in the store is on no
 * wire, and an identity that cannot be compared with the one remembered is not talked to.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";

  constructor(
    /** `unavailable`: there is no storage here, or it is closed; `failed`: it refused; `full`: too much is in it. */
    readonly code: "unavailable" | "failed" | "full",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The bank said something that the protocol does not have. The connection is cut; what was in flight is unknown. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** The text of a code: the enum's name in lower case, or "code_N" of one that is not known here. */
export function codeName(code: Code): string {
  return Code[code]?.toLowerCase() ?? `code_${code}`;
}

/** The refusal in a reply. Control characters of its text do not reach a screen. */
export function refusalOf(error: Refusal): BankError {
  const text = error.message.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "").slice(0, messageMax);
  const after = error.retryAfterMs > 0 ? error.retryAfterMs : undefined;
  return new BankError(error.code, text, error.retryable, after);
}

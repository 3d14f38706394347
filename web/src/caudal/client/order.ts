import type { Account, Receipt } from "../gen/caudal/v1/caudal_pb.ts";
import type { BankError } from "./errors.ts";

/** What a person can order once. Money is minor units; accounts are CLABEs. */
export type OrderCommand =
  | {
      readonly kind: "transfer";
      readonly from: string;
      readonly to: string;
      readonly amountMinor: bigint;
      readonly currency: string;
      /** At most 140 characters; the payee reads it. */
      readonly memo: string;
      /** The payee as it was shown before sending: for the screen, never sent. */
      readonly payeeName?: string | undefined;
    }
  | {
      /** By tellers, at the counter. */
      readonly kind: "deposit" | "withdraw";
      readonly account: string;
      readonly amountMinor: bigint;
      readonly currency: string;
      readonly memo: string;
      /** The holder as shown before: for the screen, never sent. */
      readonly holder?: string | undefined;
    }
  | { readonly kind: "open_account"; readonly name: string; readonly currency: string };

/**
 * - `sending`: on its way, or waiting for a connection; it was never cut
 * - `unknown`: it may have been carried out, and nobody can say yet; it is sent again, with its key, until it is answered
 * - `done`: carried out; `receipt` or `account` says how
 * - `refused`: nothing has happened, and nothing will with this key; `error` says why
 */
export type OrderState = "sending" | "unknown" | "done" | "refused";

/**
 * Something that a person meant once. Its key never changes, and it is in the store before it is on the wire, so that
 * neither a cut connection nor a reload pays it twice. Each change is a new object.
 */
export interface Order {
  /** The idempotency key: a UUIDv7 in text. */
  readonly key: string;
  /** Who ordered. */
  readonly username: string;
  /** By the bank's clock. */
  readonly createdAtMs: number;
  readonly state: OrderState;
  readonly command: OrderCommand;
  /** Of a transfer, deposit or withdrawal that is done. */
  readonly receipt?: Receipt | undefined;
  /** Of an account that was opened, as it was then. */
  readonly account?: Account | undefined;
  /** Why it was refused; of an order that is unknown, what the bank answered last, which decides nothing. */
  readonly error?: BankError | undefined;
  readonly settledAtMs?: number | undefined;
}

/** Whether the bank has decided the order. */
export function settled(order: Order): boolean {
  return order.state === "done" || order.state === "refused";
}

/** Whether two commands are the same to the bank: what is for the screen only does not count. */
export function sameCommand(a: OrderCommand, b: OrderCommand): boolean {
  if (a.kind === "open_account" || b.kind === "open_account") {
    return a.kind === "open_account" && b.kind === "open_account" && a.name === b.name && a.currency === b.currency;
  }
  const money = a.amountMinor === b.amountMinor && a.currency === b.currency && a.memo === b.memo;
  if (a.kind === "transfer" || b.kind === "transfer") {
    return money && a.kind === "transfer" && b.kind === "transfer" && a.from === b.from && a.to === b.to;
  }
  return money && a.kind === b.kind && a.account === b.account;
}

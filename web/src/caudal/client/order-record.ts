import { fromBinary, toBinary } from "@bufbuild/protobuf";

import { toHex } from "../channel/index.ts";
import { AccountSchema, type Code, ReceiptSchema } from "../gen/caudal/v1/caudal_pb.ts";
import { BankError, StoreError } from "./errors.ts";
import type { Order, OrderCommand, OrderState } from "./order.ts";

/** An order as it is stored: plain data, so that a later version of this program can read it. */
export interface OrderRecord {
  readonly key: string;
  /** Identity of the bank, in hexadecimal. */
  readonly identity: string;
  readonly username: string;
  readonly createdAtMs: number;
  readonly state: OrderState;
  readonly command: OrderCommand;
  /** Protobuf. */
  readonly receipt: Uint8Array | undefined;
  readonly account: Uint8Array | undefined;
  readonly error:
    | { readonly code: Code; readonly message: string; readonly retryable: boolean; readonly retryAfterMs: number | undefined }
    | undefined;
  readonly settledAtMs: number | undefined;
}

export function orderRecord(identity: string, order: Order): OrderRecord {
  const { key, username, createdAtMs, state, command, receipt, account, error, settledAtMs } = order;
  return {
    key,
    identity,
    username,
    createdAtMs,
    state,
    command,
    receipt: receipt && toBinary(ReceiptSchema, receipt),
    account: account && toBinary(AccountSchema, account),
    error: error && {
      code: error.code,
      message: error.message,
      retryable: error.retryable,
      retryAfterMs: error.retryAfterMs,
    },
    settledAtMs,
  };
}

/** Throws a `StoreError` where the record is damaged: an order that nobody can read is not silently left out. */
export function orderOf(record: OrderRecord): Order {
  try {
    return read(record);
  } catch (cause) {
    throw new StoreError("failed", "an order in the store cannot be read", { cause });
  }
}

function read(record: OrderRecord): Order {
  const { key, username, createdAtMs, state, command, receipt, account, error, settledAtMs } = record;
  return {
    key,
    username,
    createdAtMs,
    state,
    command,
    receipt: receipt && fromBinary(ReceiptSchema, receipt),
    account: account && fromBinary(AccountSchema, account),
    error: error && new BankError(error.code, error.message, error.retryable, error.retryAfterMs),
    settledAtMs,
  };
}

/** How orders of a bank are found. */
export function bankKey(identity: Uint8Array): string {
  return toHex(identity);
}

import { equal } from "../channel/index.ts";
import { Code, type Account, type Receipt } from "../gen/caudal/v1/caudal_pb.ts";
import type { Connection, Request } from "./connection.ts";
import { ProtocolError } from "./errors.ts";
import { parseKey } from "./key.ts";
import type { Order, OrderCommand } from "./order.ts";

/** What a decided order has. */
export type Outcome = { readonly receipt: Receipt } | { readonly account: Account };

/** Bounds of an amount: i64, and positive. */
const amountMax = 2n ** 63n - 1n;

/** Longest text of a command: far above what the bank takes, and far below what a record holds. */
const textMax = 4096;

/**
 * Throws a `RangeError` for a command that does not fit the protocol, before it is stored: what no record holds, or the
 * bank refuses before it looks at the key, would never settle.
 */
export function checkCommand(command: OrderCommand): void {
  if (command.kind === "open_account") {
    if (command.name.length > textMax) throw new RangeError("a name out of bounds");
    if (command.currency !== "") checkCurrency(command.currency);
    return;
  }
  const accounts = command.kind === "transfer" ? [command.from, command.to] : [command.account];
  if (!accounts.every((clabe) => /^\d{18}$/.test(clabe))) throw new RangeError("an account that is no CLABE");
  if (command.memo.length > textMax) throw new RangeError("a memo out of bounds");
  checkCurrency(command.currency);
  if (command.amountMinor <= 0n || command.amountMinor > amountMax) throw new RangeError("an amount out of bounds");
}

function checkCurrency(currency: string): void {
  if (!/^[A-Z]{3}$/.test(currency)) throw new RangeError("a currency has three letters");
}

/** Sends the order, once. `done` is called in the order of what the bank says. Rejects like `Connection.call`. */
export async function sendOrder(connection: Connection, order: Order, done: (outcome: Outcome) => void): Promise<void> {
  const key = parseKey(order.key);
  const { command } = order;
  if (command.kind === "open_account") {
    await connection.call(requestOf(command), "account", {
      key,
      inOrder: (account) => done({ account: opened(account, command.currency) }),
    });
    return;
  }
  await connection.call(requestOf(command), "receipt", {
    key,
    inOrder: (receipt) => done({ receipt: receiptFor(receipt, command, key) }),
  });
}

function requestOf(command: OrderCommand): Request {
  switch (command.kind) {
    case "transfer": {
      const { from, to, amountMinor, currency, memo } = command;
      return { case: "transfer", value: { from, to, amountMinor, currency, memo } };
    }
    case "deposit":
    case "withdraw": {
      const { account, amountMinor, currency, memo } = command;
      return { case: command.kind, value: { account, amountMinor, currency, memo } };
    }
    case "open_account":
      return { case: "openAccount", value: { name: command.name, currency: command.currency } };
  }
}

/** The receipt, if it is for this very order: any other is not believed, and settles nothing. */
function receiptFor(receipt: Receipt, command: Exclude<OrderCommand, { kind: "open_account" }>, key: Uint8Array): Receipt {
  const ordered =
    command.kind === "transfer"
      ? receipt.from === command.from && receipt.to === command.to
      : (command.kind === "deposit" ? receipt.to : receipt.from) === command.account;
  const money = receipt.amountMinor === command.amountMinor && receipt.currency === command.currency;
  if (!ordered || !money || !equal(receipt.idempotencyKey, key)) throw new ProtocolError("a receipt is for another order");
  return receipt;
}

function opened(account: Account, currency: string): Account {
  if (currency !== "" && account.currency !== currency) throw new ProtocolError("an account of another currency");
  return account;
}

/**
 * Refusals that the bank binds to the key, or gives only after it has looked the key up: the same key gets them again, or
 * `key_stale`. PROTOCOL.md, section 7.
 */
const decisions: ReadonlySet<Code> = new Set([
  Code.NOT_FOUND,
  Code.INSUFFICIENT_FUNDS,
  Code.ACCOUNT_FROZEN,
  Code.CURRENCY_MISMATCH,
  Code.SAME_ACCOUNT,
  Code.INVALID_AMOUNT,
  Code.BALANCE_OVERFLOW,
  Code.LIMIT_EXCEEDED,
  Code.KEY_REUSED,
  Code.KEY_STALE,
  Code.TOO_MANY,
]);

/** Refusals that decide nothing, whether or not the order was sent before. */
const undecided: ReadonlySet<Code> = new Set([
  Code.INTERNAL,
  Code.BUSY,
  Code.OUTCOME_UNKNOWN,
  Code.RATE_LIMITED,
  Code.DRAINING,
]);

/** Whether the bank itself keeps to the refusal, whoever sends the order again. */
export function binds(code: Code): boolean {
  return decisions.has(code);
}

/**
 * Whether the refusal settles an order: nothing has happened, and nothing will. `key_stale` is one: the receipt of what was
 * paid is kept for ever, so a stale key was never paid with. An order that may have reached the bank before is settled by
 * fewer: what is wrong with the sign-in, the role or the form says nothing about that earlier attempt.
 */
export function decides(code: Code, sentBefore: boolean): boolean {
  if (binds(code)) return true;
  return !sentBefore && !undecided.has(code);
}

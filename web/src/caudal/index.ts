/**
 * Caudal for browsers: a `Client` keeps an encrypted connection to the bank, follows the accounts live, and carries
 * orders out exactly once. It knows no user interface.
 *
 * ```ts
 * const store = await BrowserStore.open("caudal");
 * const client = new Client({ url: `wss://${location.host}/ws`, store, program: "example/1.0", deviceName: "My laptop" });
 * client.on("account", (account) => show(account.balanceMinor));
 * client.start();
 * await client.login({ username, password });
 * const order = await client.order({ kind: "transfer", from, to, amountMinor: 12_50n, currency: "MXN", memo: "" });
 * ```
 */
export { ChannelError, type ChannelErrorCode } from "./channel/index.ts";
export * from "./clabe.ts";
export { BrowserStore } from "./client/browser-store.ts";
export type { HistoryQuery } from "./client/calls.ts";
export { Client, type ClientOptions } from "./client/client.ts";
export { BankError, codeName, LinkError, ProtocolError, StoreError } from "./client/errors.ts";
export type { ChannelInfo, Events, Session } from "./client/events.ts";
export { KeyMint } from "./client/key.ts";
export type { CutReason, Link, StopReason } from "./client/link.ts";
export { MemoryStore } from "./client/memory-store.ts";
export { type Order, type OrderCommand, type OrderState, sameCommand, settled } from "./client/order.ts";
export { browserRuntime, type Clock, type Hint, type OpenSocket, type Runtime, type Socket, type SocketHandlers } from "./client/runtime.ts";
export type { Pin, Store, StoreChange, StoredDevice, StoredPosition } from "./client/store.ts";
export {
  type Account,
  AccountStatus,
  AuditAction,
  type AuditEntry,
  Code,
  type Device,
  DeviceAlgorithm,
  type FindHoldersResult,
  type HistoryResult,
  type Holder,
  type Leg,
  type ListAuditResult,
  type Payee,
  type Receipt,
  Role,
  type TellerLimits,
  TransferKind,
} from "./gen/caudal/v1/caudal_pb.ts";

import type { Order, OrderState } from "./order.ts";

/** The identity that a client remembers of a bank. */
export interface Pin {
  /** The bank's Ed25519 key, 32 bytes. */
  readonly identity: Uint8Array;
  /** When it was first met, by `Date.now()`. */
  readonly sinceMs: number;
  /** It took the place of another one, which vouched for it. */
  readonly moved?: boolean | undefined;
}

/** A device of this browser: the key pair stays inside the browser, its private half cannot be exported. */
export interface StoredDevice {
  /** What the bank calls it. */
  readonly id: Uint8Array;
  readonly username: string;
  /** Identity of the bank that enrolled it: it signs in nowhere else. */
  readonly identity: Uint8Array;
  readonly privateKey: CryptoKey;
}

/** How far an account has been seen: the chain's head (32 bytes) after leg `seq`. */
export interface StoredPosition {
  readonly account: string;
  readonly seq: bigint;
  readonly head: Uint8Array;
}

/** What has changed in the store by another one on the same data, such as in another tab. */
export type StoreChange = "orders" | "device" | "pin";

/**
 * What outlives a page. `bank` is the origin of the bank's address, `identity` its key of 32 bytes. Every call is atomic,
 * also against other tabs, and what it has resolved is durable. All reject with `StoreError`.
 *
 * Orders belong to a user at an identity. What is settled is never made unsettled again, by nobody. An order is `sending`
 * here as long as nobody but the page that added it may have sent it, and `unknown` before any other page does.
 */
export interface Store {
  readPin(bank: string): Promise<Pin | undefined>;
  /** Remembers the identity where none is yet; returns the one that is remembered. */
  addPin(bank: string, pin: Pin): Promise<Pin>;
  /** Moves the pin, the device and the orders from one identity to the next; `false` where another one is remembered. */
  movePin(bank: string, from: Uint8Array, to: Uint8Array): Promise<boolean>;
  /** Forgets the pin, and with it the device and its positions. Orders stay, with the identity that they were for. */
  forgetPin(bank: string): Promise<void>;

  readDevice(bank: string): Promise<StoredDevice | undefined>;
  /** Takes the place of the device before, whose positions are forgotten. */
  writeDevice(bank: string, device: StoredDevice): Promise<void>;
  /** Forgets this device and its positions; another one stays. */
  removeDevice(bank: string, id: Uint8Array): Promise<void>;

  /** Of the device that is there. */
  readPositions(bank: string): Promise<StoredPosition[]>;
  /** Keeps the furthest of each account. */
  writePositions(bank: string, device: Uint8Array, positions: readonly StoredPosition[]): Promise<void>;

  /** Orders of the user at the identity, in the order of their keys. */
  readOrders(identity: Uint8Array, username: string): Promise<Order[]>;
  /** Adds a new order. Rejects where its key is there already, and with `full` where too many are unsettled. */
  addOrder(identity: Uint8Array, order: Order): Promise<void>;
  /**
   * Replaces an order that is there and unsettled, and, where `only` is given, in that very state. Returns the one that
   * stands then, `undefined` where there is none.
   */
  updateOrder(order: Order, only?: OrderState): Promise<Order | undefined>;
  removeOrders(keys: readonly string[]): Promise<void>;

  /** Calls `f` after another store on the same data has changed it; returns what ends that. */
  onChange(f: (change: StoreChange) => void): () => void;
  close(): void;
}

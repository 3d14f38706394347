import { equal } from "../channel/index.ts";
import { StoreError } from "./errors.ts";
import { type Order, type OrderState, settled } from "./order.ts";
import { bankKey, orderOf, type OrderRecord, orderRecord } from "./order-record.ts";
import type { Pin, Store, StoreChange, StoredDevice, StoredPosition } from "./store.ts";

/** Most unsettled orders of a store. */
export const unsettledMax = 100;

/**
 * A store that ends with the page: the bank is met anew, the device is gone, and orders that are unsettled when the page
 * ends are forgotten, so that only the account's history tells what became of them. For tests, and where an app decides
 * that this is better than nothing.
 */
export class MemoryStore implements Store {
  readonly #pins = new Map<string, Pin>();
  readonly #devices = new Map<string, StoredDevice>();
  readonly #positions = new Map<string, Map<string, StoredPosition>>();
  readonly #orders = new Map<string, OrderRecord>();

  async readPin(bank: string): Promise<Pin | undefined> {
    return this.#pins.get(bank);
  }

  async addPin(bank: string, pin: Pin): Promise<Pin> {
    const stands = this.#pins.get(bank) ?? pin;
    this.#pins.set(bank, stands);
    return stands;
  }

  async movePin(bank: string, from: Uint8Array, to: Uint8Array): Promise<boolean> {
    const pin = this.#pins.get(bank);
    if (pin === undefined || !equal(pin.identity, from)) return false;
    this.#pins.set(bank, { ...pin, identity: to, moved: true });
    const device = this.#devices.get(bank);
    if (device !== undefined && equal(device.identity, from)) this.#devices.set(bank, { ...device, identity: to });
    for (const [key, order] of this.#orders) {
      if (order.identity === bankKey(from)) this.#orders.set(key, { ...order, identity: bankKey(to) });
    }
    return true;
  }

  async forgetPin(bank: string): Promise<void> {
    this.#pins.delete(bank);
    this.#devices.delete(bank);
    this.#positions.delete(bank);
  }

  async readDevice(bank: string): Promise<StoredDevice | undefined> {
    return this.#devices.get(bank);
  }

  async writeDevice(bank: string, device: StoredDevice): Promise<void> {
    this.#devices.set(bank, device);
    this.#positions.delete(bank);
  }

  async removeDevice(bank: string, id: Uint8Array): Promise<void> {
    const device = this.#devices.get(bank);
    if (device === undefined || !equal(device.id, id)) return;
    this.#devices.delete(bank);
    this.#positions.delete(bank);
  }

  async readPositions(bank: string): Promise<StoredPosition[]> {
    return [...(this.#positions.get(bank)?.values() ?? [])];
  }

  async writePositions(bank: string, device: Uint8Array, positions: readonly StoredPosition[]): Promise<void> {
    const current = this.#devices.get(bank);
    if (current === undefined || !equal(current.id, device)) return;
    const known = this.#positions.get(bank) ?? new Map<string, StoredPosition>();
    this.#positions.set(bank, known);
    for (const position of positions) {
      if ((known.get(position.account)?.seq ?? -1n) < position.seq) known.set(position.account, position);
    }
  }

  async readOrders(identity: Uint8Array, username: string): Promise<Order[]> {
    const bank = bankKey(identity);
    const records = [...this.#orders.values()].filter((o) => o.identity === bank && o.username === username);
    return records.sort((a, b) => (a.key < b.key ? -1 : 1)).map(orderOf);
  }

  async addOrder(identity: Uint8Array, order: Order): Promise<void> {
    if (this.#orders.has(order.key)) throw new StoreError("failed", "an order with this key is there already");
    const unsettled = [...this.#orders.values()].filter(({ state }) => state === "sending" || state === "unknown");
    if (unsettled.length >= unsettledMax) throw new StoreError("full", "too many orders are unsettled");
    this.#orders.set(order.key, orderRecord(bankKey(identity), order));
  }

  async updateOrder(order: Order, only?: OrderState): Promise<Order | undefined> {
    const record = this.#orders.get(order.key);
    if (record === undefined) return undefined;
    const stands = orderOf(record);
    if (settled(stands) || (only !== undefined && stands.state !== only)) return stands;
    this.#orders.set(order.key, orderRecord(record.identity, order));
    return order;
  }

  async removeOrders(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#orders.delete(key);
  }

  onChange(_f: (change: StoreChange) => void): () => void {
    return () => undefined; // nobody else has this memory
  }

  close(): void {
    // The memory ends with the page.
  }
}

import { MemoryStore } from "../../src/caudal/client/memory-store.ts";
import type { Order, OrderState } from "../../src/caudal/client/order.ts";
import type { StoreChange, StoredDevice } from "../../src/caudal/client/store.ts";

/** A store that tells its users of each other's changes, as a browser's does across tabs. It tells the one who changed too. */
export class SharedStore extends MemoryStore {
  readonly #listeners = new Set<(change: StoreChange) => void>();

  override async updateOrder(order: Order, only?: OrderState): Promise<Order | undefined> {
    const stands = await super.updateOrder(order, only);
    this.#tell("orders");
    return stands;
  }

  override async removeOrders(keys: readonly string[]): Promise<void> {
    await super.removeOrders(keys);
    this.#tell("orders");
  }

  override async writeDevice(bank: string, device: StoredDevice): Promise<void> {
    await super.writeDevice(bank, device);
    setImmediate(() => this.#tell("device"));
  }

  override async removeDevice(bank: string, id: Uint8Array): Promise<void> {
    await super.removeDevice(bank, id);
    this.#tell("device");
  }

  override onChange(f: (change: StoreChange) => void): () => void {
    const told = (change: StoreChange): void => f(change);
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  #tell(change: StoreChange): void {
    for (const f of [...this.#listeners]) f(change);
  }
}

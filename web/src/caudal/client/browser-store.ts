import { equal } from "../channel/index.ts";
import { StoreError } from "./errors.ts";
import { unsettledMax } from "./memory-store.ts";
import { type Order, type OrderState, settled } from "./order.ts";
import { bankKey, orderOf, type OrderRecord, orderRecord } from "./order-record.ts";
import type { Pin, Store, StoreChange, StoredDevice, StoredPosition } from "./store.ts";

const schemaVersion = 1;
type Table = "pins" | "devices" | "positions" | "orders";

/** A position, and at which bank. */
interface PositionRow extends StoredPosition {
  readonly bank: string;
}

/**
 * The store of a browser: IndexedDB, shared by all tabs of the page that open the same `name`. Private keys are kept as
 * the browser's own objects, which no script can export.
 */
export class BrowserStore implements Store {
  readonly #others: BroadcastChannel;
  readonly #listeners = new Set<(change: StoreChange) => void>();

  private constructor(
    private readonly db: IDBDatabase,
    name: string,
  ) {
    this.#others = new BroadcastChannel(`caudal ${name}`);
    this.#others.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data !== "orders" && data !== "device" && data !== "pin") return;
      for (const f of [...this.#listeners]) f(data);
    };
    db.onversionchange = () => db.close(); // a newer page upgrades; this one fails, typed, until it is loaded again
  }

  /** Rejects with `StoreError` `unavailable` where the browser gives no storage, as some do in private windows. */
  static async open(name: string): Promise<BrowserStore> {
    try {
      const opening = indexedDB.open(name, schemaVersion);
      opening.onupgradeneeded = () => {
        const db = opening.result;
        db.createObjectStore("pins");
        db.createObjectStore("devices");
        db.createObjectStore("positions", { keyPath: ["bank", "account"] });
        db.createObjectStore("orders", { keyPath: "key" });
      };
      return new BrowserStore(await result(opening), name);
    } catch (cause) {
      throw new StoreError("unavailable", "this browser keeps no data for the page", { cause });
    }
  }

  readPin(bank: string): Promise<Pin | undefined> {
    return this.#run(["pins"], "readonly", async (t) => await get<Pin>(t, "pins", bank));
  }

  addPin(bank: string, pin: Pin): Promise<Pin> {
    return this.#run(["pins"], "readwrite", async (t) => {
      const stands = await get<Pin>(t, "pins", bank);
      if (stands === undefined) t.objectStore("pins").put(pin, bank);
      return stands ?? pin;
    });
  }

  async movePin(bank: string, from: Uint8Array, to: Uint8Array): Promise<boolean> {
    const moved = await this.#run(["pins", "devices", "orders"], "readwrite", async (t) => {
      const pin = await get<Pin>(t, "pins", bank);
      if (pin === undefined || !equal(pin.identity, from)) return false;
      t.objectStore("pins").put({ ...pin, identity: to, moved: true }, bank);
      const device = await get<StoredDevice>(t, "devices", bank);
      if (device !== undefined && equal(device.identity, from)) {
        t.objectStore("devices").put({ ...device, identity: to }, bank);
      }
      for (const order of await all<OrderRecord>(t, "orders")) {
        if (order.identity === bankKey(from)) t.objectStore("orders").put({ ...order, identity: bankKey(to) });
      }
      return true;
    });
    if (moved) this.#tell("pin");
    return moved;
  }

  async forgetPin(bank: string): Promise<void> {
    await this.#run(["pins", "devices", "positions"], "readwrite", async (t) => {
      t.objectStore("pins").delete(bank);
      t.objectStore("devices").delete(bank);
      t.objectStore("positions").delete(ofBank(bank));
    });
    this.#tell("pin");
    this.#tell("device");
  }

  readDevice(bank: string): Promise<StoredDevice | undefined> {
    return this.#run(["devices"], "readonly", async (t) => await get<StoredDevice>(t, "devices", bank));
  }

  async writeDevice(bank: string, device: StoredDevice): Promise<void> {
    await this.#run(["devices", "positions"], "readwrite", async (t) => {
      t.objectStore("devices").put(device, bank);
      t.objectStore("positions").delete(ofBank(bank));
    });
    this.#tell("device");
  }

  async removeDevice(bank: string, id: Uint8Array): Promise<void> {
    await this.#run(["devices", "positions"], "readwrite", async (t) => {
      const device = await get<StoredDevice>(t, "devices", bank);
      if (device === undefined || !equal(device.id, id)) return;
      t.objectStore("devices").delete(bank);
      t.objectStore("positions").delete(ofBank(bank));
    });
    this.#tell("device");
  }

  readPositions(bank: string): Promise<StoredPosition[]> {
    return this.#run(["positions"], "readonly", async (t) => await all<PositionRow>(t, "positions", ofBank(bank)));
  }

  writePositions(bank: string, device: Uint8Array, positions: readonly StoredPosition[]): Promise<void> {
    return this.#run(["devices", "positions"], "readwrite", async (t) => {
      const current = await get<StoredDevice>(t, "devices", bank);
      if (current === undefined || !equal(current.id, device)) return;
      for (const position of positions) {
        const known = await get<PositionRow>(t, "positions", [bank, position.account]);
        if ((known?.seq ?? -1n) < position.seq) t.objectStore("positions").put({ ...position, bank });
      }
    });
  }

  async readOrders(identity: Uint8Array, username: string): Promise<Order[]> {
    const bank = bankKey(identity);
    const records = await this.#run(["orders"], "readonly", async (t) => await all<OrderRecord>(t, "orders"));
    return records.filter((order) => order.identity === bank && order.username === username).map(orderOf);
  }

  async addOrder(identity: Uint8Array, order: Order): Promise<void> {
    await this.#run(["orders"], "readwrite", async (t) => {
      const unsettled = (await all<OrderRecord>(t, "orders")).filter(({ state }) => state === "sending" || state === "unknown");
      if (unsettled.length >= unsettledMax) throw new StoreError("full", "too many orders are unsettled");
      t.objectStore("orders").add(orderRecord(bankKey(identity), order));
    });
    this.#tell("orders");
  }

  async updateOrder(order: Order, only?: OrderState): Promise<Order | undefined> {
    const stands = await this.#run(["orders"], "readwrite", async (t) => {
      const record = await get<OrderRecord>(t, "orders", order.key);
      if (record === undefined) return undefined;
      const known = orderOf(record);
      if (settled(known) || (only !== undefined && known.state !== only)) return known;
      t.objectStore("orders").put(orderRecord(record.identity, order));
      return order;
    });
    this.#tell("orders");
    return stands;
  }

  async removeOrders(keys: readonly string[]): Promise<void> {
    await this.#run(["orders"], "readwrite", async (t) => {
      for (const key of keys) t.objectStore("orders").delete(key);
    });
    this.#tell("orders");
  }

  onChange(f: (change: StoreChange) => void): () => void {
    this.#listeners.add(f);
    return () => {
      this.#listeners.delete(f);
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#others.close();
    this.db.close();
  }

  #tell(change: StoreChange): void {
    try {
      this.#others.postMessage(change);
    } catch {
      // This store was closed meanwhile. What was written stays written: nobody may be told that it failed.
    }
  }

  /** One transaction: resolves when it is durable, and undoes everything where `work` throws. */
  async #run<T>(tables: Table[], mode: IDBTransactionMode, work: (t: IDBTransaction) => Promise<T>): Promise<T> {
    try {
      const transaction = this.db.transaction(tables, mode, { durability: mode === "readwrite" ? "strict" : "default" });
      const done = completed(transaction);
      done.catch(() => undefined); // told below
      let value: T;
      try {
        value = await work(transaction);
      } catch (error) {
        abort(transaction);
        throw error;
      }
      await done;
      return value;
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      const closed = cause instanceof DOMException && cause.name === "InvalidStateError";
      if (closed) throw new StoreError("unavailable", "the browser has closed the page's data", { cause });
      throw new StoreError("failed", "the browser did not keep the data", { cause });
    }
  }
}

/** Every row of a bank: the account is what sorts after the bank alone. */
function ofBank(bank: string): IDBKeyRange {
  return IDBKeyRange.bound([bank], [bank, []]);
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already, by the error that is being told.
  }
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
  });
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function get<T>(t: IDBTransaction, table: Table, key: IDBValidKey): Promise<T | undefined> {
  return (await result(t.objectStore(table).get(key) as IDBRequest<T | undefined>)) ?? undefined;
}

async function all<T>(t: IDBTransaction, table: Table, range?: IDBKeyRange): Promise<T[]> {
  return await result(t.objectStore(table).getAll(range) as IDBRequest<T[]>);
}

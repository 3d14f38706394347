import type { Order } from '../../../caudal/index.ts';

/** One thing that happened to an order. `atMs` is on the `Date.now()` clock. */
export interface Entry {
  readonly state: 'created' | Order['state'];
  readonly atMs: number;
}

/** The most orders whose entries are kept: what somebody may still open the details of. */
const ordersMax = 64;

/** What this page saw happen to orders. It is memory only: after a reload an order's creation and settlement are known. */
export class OrderLog {
  readonly #entries = new Map<string, Entry[]>();

  /** Notes an order's state; the same state twice is one entry. */
  note(order: Order, nowMs: number): void {
    const entries = this.#entries.get(order.key) ?? [];
    if (entries.at(-1)?.state === order.state) return;
    this.#entries.delete(order.key);
    this.#entries.set(order.key, [...entries, { state: order.state, atMs: order.settledAtMs ?? nowMs }]);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= ordersMax) break;
      this.#entries.delete(oldest);
    }
  }

  /** The order's history, oldest first: from its creation to the state that it is in. */
  of(order: Order): Entry[] {
    const seen = this.#entries.get(order.key) ?? [];
    const entries: Entry[] = [{ state: 'created', atMs: order.createdAtMs }, ...seen];
    const known = seen.at(-1)?.state === order.state;
    if (!known && order.settledAtMs !== undefined) entries.push({ state: order.state, atMs: order.settledAtMs });
    return entries;
  }
}

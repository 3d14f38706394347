import { type Client, type Order, settled } from '../../../caudal/index.ts';
import { OrderLog } from './log.ts';
import { quickMs } from './strip.ts';

/** What follows the orders of one client: their history, and who is told of changes. */
export class OrderWatch {
  readonly log = new OrderLog();
  readonly #states = new Map<string, Order['state']>();
  #changed: Order[] = [];

  /**
   * `tell` gets the orders whose state has changed, those of one moment together: after a connection comes back many are
   * settled at once. What was settled when the client first spoke of it is no news, and what another page has only just
   * given is not cut off.
   */
  constructor(
    private readonly client: Pick<Client, 'on' | 'orders' | 'serverNowMs'>,
    private readonly tell: (orders: readonly Order[]) => void,
  ) {
    for (const { key, state } of client.orders) this.#states.set(key, state);
    client.on('order', (order) => this.#note(order));
  }

  #note(order: Order): void {
    this.log.note(order, Date.now());
    const before = this.#states.get(order.key);
    if (before === order.state) return;
    this.#states.set(order.key, order.state);
    if (before === undefined && (settled(order) || this.client.serverNowMs() - order.createdAtMs < quickMs)) return;
    this.#changed.push(order);
    if (this.#changed.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const changed = new Map(this.#changed.map((order) => [order.key, order]));
    this.#changed = [];
    this.tell([...changed.values()]);
  }
}

const watches = new WeakMap<object, OrderWatch>();

/** The watch over a client's orders: the same one each time, so that nothing is told twice. */
export function watchOf(client: Client, tell: (orders: readonly Order[]) => void): OrderWatch {
  let watch = watches.get(client);
  if (watch === undefined) {
    watch = new OrderWatch(client, tell);
    watches.set(client, watch);
  }
  return watch;
}

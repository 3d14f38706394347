import { equal } from "../channel/index.ts";
import { repeatDelay } from "./backoff.ts";
import type { BankClock } from "./bank-clock.ts";
import { type Connection, CutError } from "./connection.ts";
import { type Deferred, deferred } from "./deferred.ts";
import { BankError, LinkError } from "./errors.ts";
import type { Emitter, Session } from "./events.ts";
import { KeyMint, parseKey } from "./key.ts";
import { type Order, type OrderCommand, sameCommand, settled } from "./order.ts";
import { binds, checkCommand, decides, type Outcome, sendOrder } from "./order-wire.ts";
import { Code } from "../gen/caudal/v1/caudal_pb.ts";
import type { Runtime } from "./runtime.ts";
import type { Store } from "./store.ts";

/** Settled orders are swept from the store when they are older, or when there are more. */
const settledMaxMs = 7 * 24 * 3_600_000;
const settledMax = 200;
/** How many more than that may gather before they are swept while the page goes on. */
const sweepEvery = 50;
/** How long another tab is left alone with an order of its own, and how long after a refusal that decides nothing. */
const othersMs = 10_000;
const refusedMs = 60_000;

interface OrdersOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly emitter: Emitter;
  readonly clock: BankClock;
}

/** An order, and what this page does about it. */
interface Task {
  order: Order;
  /** It was ordered on this page. */
  readonly own: boolean;
  /** An attempt may have reached the bank that was not answered with a decision. */
  sentBefore: boolean;
  flying: boolean;
  attempts: number;
  timer: unknown;
  readonly waiting: Deferred<Order>[];
}

/** Whose orders these are. */
interface Scope {
  readonly identity: Uint8Array;
  readonly username: string;
}

/** The orders of whoever is signed in: each is stored before it is sent, and sent with its key until it is settled. */
export class Orders {
  readonly #mint = new KeyMint();
  #tasks = new Map<string, Task>();
  readonly #adding = new Map<string, Promise<Task>>();
  #scope: Scope | undefined;
  #stale = false;
  #rereading = false;
  #connection: Connection | undefined;

  constructor(private readonly options: OrdersOptions) {}

  get list(): readonly Order[] {
    return [...this.#tasks.values()].map((task) => task.order).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Somebody is signed in on the connection: what they have ordered and was not settled is sent again. */
  async enter(connection: Connection, { username }: Session): Promise<void> {
    const { identity } = connection.channel;
    this.keepOnly(username);
    const moved = this.#scope !== undefined && !equal(this.#scope.identity, identity);
    const old = moved ? [...this.#tasks.values()] : [];
    const scope = (this.#scope = { identity, username });
    this.#connection = moved ? undefined : connection;
    const orders = await this.#sweep(await this.options.store.readOrders(identity, username));
    if (this.#scope !== scope) return;
    // What is not in the store for the bank's new identity was meant for the old one, and goes nowhere.
    const keys = new Set(orders.map((order) => order.key));
    for (const task of old) if (!keys.has(task.order.key)) this.#letGo(task);
    for (const order of orders) {
      if (!this.#tasks.has(order.key)) this.#adopt(order);
    }
    if (connection.ended) return;
    this.#connection = connection;
    for (const task of this.#tasks.values()) this.#send(task);
  }

  /** An order from the store: what is not settled there may have been sent, by a page that is gone. */
  #adopt(order: Order): Task {
    const known: Order = settled(order) ? order : { ...order, state: "unknown" };
    return this.#take(known, false);
  }

  #take(order: Order, own: boolean): Task {
    const task: Task = { order, own, sentBefore: !own, flying: false, attempts: 0, timer: undefined, waiting: [] };
    this.#tasks.set(order.key, task);
    this.options.emitter.emit("order", order);
    return task;
  }

  async #sweep(orders: readonly Order[]): Promise<Order[]> {
    const oldest = this.options.clock.nowMs() - settledMaxMs;
    const surplus = orders.filter(settled).length - settledMax;
    let n = 0;
    const swept = new Set<Order>();
    for (const order of orders) {
      if (settled(order) && ((order.settledAtMs ?? order.createdAtMs) < oldest || n++ < surplus)) swept.add(order);
    }
    if (swept.size > 0) await this.options.store.removeOrders([...swept].map((order) => order.key));
    return orders.filter((order) => !swept.has(order));
  }

  /** See `Client.order`. */
  async order(command: OrderCommand, key?: string): Promise<Order> {
    if (key !== undefined) parseKey(key);
    checkCommand(command);
    const scope = this.#scope;
    if (scope === undefined) throw new LinkError("nobody is signed in");
    const nowMs = this.options.clock.nowMs();
    const own = key ?? this.#mint.mint(nowMs);
    const twin = this.#adding.get(own);
    const known = twin === undefined ? this.#tasks.get(own) : await twin;
    if (known !== undefined) {
      if (!sameCommand(known.order.command, command)) throw new TypeError("the key belongs to another order");
      return await this.#wait(known);
    }
    const { username } = scope;
    const order: Order = { key: own, username, createdAtMs: Math.floor(nowMs), state: "sending", command };
    const adding = this.#add(scope, order).finally(() => this.#adding.delete(own));
    this.#adding.set(own, adding);
    return await this.#wait(await adding);
  }

  /** Stores a new order, and only then sends it. */
  async #add(scope: Scope, order: Order): Promise<Task> {
    await this.options.store.addOrder(scope.identity, order);
    if (this.#scope?.username !== scope.username || !equal(this.#scope.identity, scope.identity)) {
      await this.options.store.removeOrders([order.key]); // it was on no wire
      throw new LinkError("the user has signed out");
    }
    const task = this.#take(order, true);
    this.#send(task, true);
    return task;
  }

  #wait(task: Task): Promise<Order> {
    if (settled(task.order)) return Promise.resolve(task.order);
    const waiting = deferred<Order>();
    task.waiting.push(waiting);
    return waiting.promise;
  }

  /** Sends it, where there is a connection. One that was `added` just now is in the store: nobody else can know it yet. */
  #send(task: Task, added = false): void {
    if (this.#connection === undefined || task.flying || !this.#open(task)) return;
    this.options.runtime.clock.clearTimeout(task.timer);
    task.flying = true;
    void this.#fly(task, added);
  }

  async #fly(task: Task, added: boolean): Promise<void> {
    try {
      if (!added && !(await this.#claim(task))) return;
      const connection = this.#connection;
      if (connection === undefined) throw new CutError(false);
      await sendOrder(connection, task.order, (outcome) => this.#done(task, outcome));
    } catch (error) {
      await this.#failed(task, error);
    } finally {
      task.flying = false;
    }
  }

  /** Whether it is still to be settled here. */
  #open(task: Task): boolean {
    return this.#tasks.get(task.order.key) === task && !settled(task.order);
  }

  /**
   * Asks the store, before an order is sent again or by another page than its own, whether it is still to be sent: a page
   * may have settled it meanwhile, and somebody may have read that and dismissed it. Another page's is noted as unknown
   * before it is sent, so that a refusal there, which says nothing about this attempt, does not settle it.
   */
  async #claim(task: Task): Promise<boolean> {
    const { order, sentBefore } = task;
    const { store } = this.options;
    const stands = sentBefore
      ? await store.updateOrder({ ...order, state: "unknown" })
      : await store.updateOrder({ ...order, state: "sending" }, "sending");
    if (!this.#open(task)) return false;
    if (stands === undefined) {
      if (task.own && sentBefore) return true; // the answer is still of interest, and is the one that was given
      this.#letGo(task);
      return false;
    }
    if (settled(stands)) {
      this.#change(task, stands);
      return false;
    }
    task.sentBefore ||= stands.state === "unknown";
    return true;
  }

  async #failed(task: Task, error: unknown): Promise<void> {
    if (!this.#open(task)) return; // another tab has heard the answer, or nobody waits for it here any more
    if (error instanceof CutError) {
      task.sentBefore ||= error.sent;
      if (error.sent) this.#change(task, { state: "unknown" });
      if (this.#connection !== undefined) this.#later(task, 0); // there is a new one already; else after the next sign-in
      return;
    }
    if (!(error instanceof BankError)) {
      this.#later(task, 0); // too many calls wait
      return;
    }
    if (decides(error.code, task.sentBefore) && (await this.#refused(task, error))) return;
    task.sentBefore ||= error.code === Code.OUTCOME_UNKNOWN;
    if (task.sentBefore) this.#change(task, { state: "unknown", error });
    this.#later(task, error.retryable ? (error.retryAfterMs ?? 0) : error.code === Code.INTERNAL ? 0 : refusedMs);
  }

  /**
   * Settles a refusal; `false` where it does not settle. What is bound to no key is in the store before it is told, and only
   * where no other page may have sent the order: told first, and then sent again after a reload, it might still be paid.
   */
  async #refused(task: Task, error: BankError): Promise<boolean> {
    if (binds(error.code)) {
      this.#settle(task, { state: "refused", error });
      return true;
    }
    const refused: Order = { ...task.order, state: "refused", error, settledAtMs: Math.floor(this.options.clock.nowMs()) };
    const stands = await this.options.store.updateOrder(refused, "sending").catch(() => task.order);
    if (!this.#open(task)) return true;
    task.sentBefore ||= stands?.state === "unknown";
    if (stands !== undefined && !settled(stands)) return false;
    this.#change(task, stands ?? refused);
    this.#sweepTasks();
    return true;
  }

  /** Sends it again after a while, on the connection that there is then. */
  #later(task: Task, afterMs: number): void {
    const { clock, random } = this.options.runtime;
    clock.clearTimeout(task.timer);
    task.timer = clock.setTimeout(() => this.#send(task), repeatDelay(task.attempts++, afterMs, random));
  }

  #done(task: Task, outcome: Outcome): void {
    if (!settled(task.order)) this.#settle(task, { state: "done", ...outcome, error: undefined });
  }

  /** The bank has decided, and keeps to it. A store that fails now costs nothing: the same key gets the same answer again. */
  #settle(task: Task, outcome: Partial<Order>): void {
    this.#change(task, { ...outcome, settledAtMs: Math.floor(this.options.clock.nowMs()) });
    this.options.store.updateOrder(task.order).catch(() => undefined);
    this.#sweepTasks();
  }

  /** Lets go of the oldest that are settled, where a page goes on for long; a store that fails keeps them until it loads. */
  #sweepTasks(): void {
    const done = this.list.filter(settled);
    if (done.length < settledMax + sweepEvery) return;
    const keys = done.slice(0, done.length - settledMax).map((order) => order.key);
    this.options.store.removeOrders(keys).catch(() => undefined);
    for (const key of keys) this.#dismissed(key);
  }

  #change(task: Task, change: Partial<Order>): void {
    task.order = { ...task.order, ...change };
    if (this.#tasks.get(task.order.key) === task) this.options.emitter.emit("order", task.order);
    if (!settled(task.order)) return;
    this.options.runtime.clock.clearTimeout(task.timer);
    for (const waiting of task.waiting.splice(0)) waiting.resolve(task.order);
  }

  /** Another tab has changed the store: what it has settled is settled here, and what it has ordered is shown. */
  async reread(): Promise<void> {
    this.#stale = true;
    if (this.#rereading) return; // which looks again
    this.#rereading = true;
    try {
      while (this.#stale) {
        this.#stale = false;
        await this.#readAgain();
      }
    } finally {
      this.#rereading = false;
    }
  }

  async #readAgain(): Promise<void> {
    const scope = this.#scope;
    if (scope === undefined) return;
    const stored = new Map<string, Order>();
    for (const order of await this.options.store.readOrders(scope.identity, scope.username)) stored.set(order.key, order);
    if (this.#scope !== scope) return;
    for (const [key, order] of stored) {
      const task = this.#tasks.get(key);
      if (task === undefined) this.#later(this.#adopt(order), othersMs);
      else if (settled(order) && !settled(task.order)) this.#change(task, order);
    }
    for (const [key, task] of this.#tasks) {
      if (settled(task.order) && !stored.has(key)) this.#dismissed(key);
    }
  }

  /** See `Client.dismissOrder`. */
  async dismiss(key: string): Promise<void> {
    const task = this.#tasks.get(key);
    if (task === undefined) return;
    if (!settled(task.order)) throw new TypeError("an order that is not settled cannot be dismissed");
    await this.options.store.removeOrders([key]);
    this.#dismissed(key);
  }

  #dismissed(key: string): void {
    if (this.#tasks.delete(key)) this.options.emitter.emit("dismissed", { key });
  }

  /** Lets go of one that is not sent from here any more. */
  #letGo(task: Task): void {
    this.options.runtime.clock.clearTimeout(task.timer);
    this.#dismissed(task.order.key);
    this.#abandon(task);
  }

  /** Whoever waits for it hears no more of it here. */
  #abandon(task: Task): void {
    for (const waiting of task.waiting.splice(0)) {
      waiting.reject(new LinkError("the order is not settled here; the store has it, or another page has settled it"));
    }
  }

  down(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    for (const task of this.#tasks.values()) this.options.runtime.clock.clearTimeout(task.timer);
  }

  /** The user is this one: another's orders are let go. */
  keepOnly(username: string): void {
    if (this.#scope !== undefined && this.#scope.username !== username) this.leave();
  }

  /** Nobody is signed in any more. */
  leave(): void {
    this.#connection = undefined;
    this.#scope = undefined;
    const tasks = [...this.#tasks.values()];
    this.#tasks = new Map();
    for (const task of tasks) {
      this.options.runtime.clock.clearTimeout(task.timer);
      this.#abandon(task);
    }
  }
}

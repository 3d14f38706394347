import { equal, fingerprint } from "../channel/index.ts";
import type { Account, Device, Event } from "../gen/caudal/v1/caudal_pb.ts";
import { Accounts } from "./accounts.ts";
import { BankClock } from "./bank-clock.ts";
import { Calls } from "./calls.ts";
import { channelInfo } from "./channel-info.ts";
import type { Connection, Request, ResultCase, ResultOf } from "./connection.ts";
import { Devices } from "./devices.ts";
import type { Greeted } from "./dial.ts";
import { LinkError } from "./errors.ts";
import { type ChannelInfo, Emitter, type Events, type Session } from "./events.ts";
import { Life } from "./life.ts";
import type { Link, StopReason } from "./link.ts";
import type { Order, OrderCommand } from "./order.ts";
import { Orders } from "./orders.ts";
import { heartbeatOf, ping } from "./pulse.ts";
import { browserRuntime, type Runtime } from "./runtime.ts";
import { Sessions } from "./sessions.ts";
import { type Credentials, logOut } from "./sign-in.ts";
import type { Store, StoreChange } from "./store.ts";

/** Where the bank is, and who asks. */
export interface ClientOptions {
  /** `wss://HOST[:PORT]/PATH`. The bank's identity is remembered by the origin of it. */
  readonly url: string;
  readonly store: Store;
  /** This program and its version, for the bank's logs: at most 64 bytes. */
  readonly program: string;
  /** What the device of this browser is called when it is enrolled: at most 60 characters. */
  readonly deviceName: string;
  /** Clock, sockets and hints; the browser's where there is none. */
  readonly runtime?: Runtime;
}

/**
 * A customer's side of the bank, in a browser. It keeps one connection, signs in with the device of this browser, follows
 * the accounts, and carries orders out once. What it knows is in its properties; what changes comes as an event, after the
 * property has changed.
 *
 * Calls reject with `BankError` where the bank refused, with `LinkError` where there is no connection or it ended before
 * the reply, and with `StoreError` where the store failed. While a connection is being made they wait for it.
 */
export class Client extends Calls {
  readonly #emitter = new Emitter();
  readonly #runtime: Runtime;
  readonly #store: Store;
  readonly #bank: string;
  readonly #clock: BankClock;
  readonly #life: Life;
  readonly #sessions: Sessions;
  readonly #accounts: Accounts;
  readonly #devices: Devices;
  readonly #orders: Orders;
  #unfollow: (() => void) | undefined;
  #greeted: Greeted | undefined;
  #rttMs: number | undefined;

  /** Throws a `TypeError` for a URL that is not `wss:`. */
  constructor(options: ClientOptions) {
    super();
    const url = new URL(options.url);
    if (url.protocol !== "wss:") throw new TypeError("the bank's address must be wss://HOST[:PORT]/PATH");
    const { store, program, deviceName, runtime = browserRuntime } = options;
    const emit = this.#emitter;
    this.#bank = url.origin;
    this.#store = store;
    this.#runtime = runtime;
    this.#clock = new BankClock(runtime.clock);
    this.#sessions = new Sessions({ bank: this.#bank, store, deviceName }, (session) => this.#onSession(session));
    this.#accounts = new Accounts({ bank: this.#bank, store, runtime, emitter: emit });
    this.#devices = new Devices((devices) => emit.emit("devices", devices));
    this.#orders = new Orders({ store, runtime, emitter: emit, clock: this.#clock });
    this.#life = new Life(
      { url: options.url, bank: this.#bank, program, store, runtime },
      {
        link: (link) => emit.emit("link", link),
        prepare: () => this.#prepare(),
        greeted: (greeted) => this.#onGreeted(greeted),
        up: (connection) => this.#onUp(connection),
        down: (connection) => this.#onDown(connection),
        stopped: (why) => this.#onStopped(why),
        event: (connection, event) => this.#onEvent(connection, event),
        pinged: (connection, timeUs, asked, answered) => this.#onPinged(connection, timeUs, asked, answered),
        wanted: () => this.#sessions.wanted,
      },
    );
  }

  /** Calls `f` with each event of the kind; returns what ends that. */
  on<K extends keyof Events>(kind: K, f: (event: Events[K]) => void): () => void {
    return this.#emitter.on(kind, f);
  }

  get link(): Link {
    return this.#life.link;
  }

  /**
   * When the bank was last heard, by `Date.now()`: when the last record opened. 0 before. It is as long ago as it was,
   * however this machine's clock was set since.
   */
  get lastHeardMs(): number {
    const { clock } = this.#runtime;
    const heardAtMs = this.#greeted?.connection.heardAtMs;
    return heardAtMs === undefined ? 0 : Math.round(clock.now() - (clock.elapsed() - heardAtMs));
  }

  /** How often the bank says something at least; 0 before the first connection. */
  get heartbeatMs(): number {
    return this.#greeted === undefined ? 0 : heartbeatOf(this.#greeted.hello);
  }

  /** Who is signed in; kept while the connection comes back. */
  get session(): Session | undefined {
    return this.#sessions.session;
  }

  /** Whether changes come by themselves on the connection that there is. */
  get subscribed(): boolean {
    return this.#accounts.subscribed;
  }

  /** By CLABE, oldest first. */
  get accounts(): ReadonlyMap<string, Account> {
    return this.#accounts.map;
  }

  /** Accounts whose history contradicts what was seen before. It stays until this browser's device is forgotten. */
  get diverged(): ReadonlySet<string> {
    return this.#accounts.diverged;
  }

  get devices(): readonly Device[] {
    return this.#devices.list;
  }

  /** Of whoever is signed in, oldest first, until they are dismissed or a week old. */
  get orders(): readonly Order[] {
    return this.#orders.list;
  }

  /** The channel of the last connection. */
  get channel(): ChannelInfo | undefined {
    return this.#greeted && channelInfo(this.#greeted, this.#rttMs);
  }

  /** The bank says that it is a demonstration. */
  get demo(): boolean {
    return this.#greeted?.hello.demo ?? false;
  }

  /** Whether this browser has a device that signs in by itself; `undefined` until the store was read. */
  get hasDevice(): boolean | undefined {
    return this.#sessions.hasDevice;
  }

  /** The bank's clock, estimated: milliseconds since 1970. */
  serverNowMs(): number {
    return this.#clock.nowMs();
  }

  /** Connects, and goes on connecting. Also after a stop, as an explicit new try. */
  start(): void {
    this.#unfollow ??= this.#store.onChange((change) => {
      this.#onStoreChange(change).catch(() => undefined); // a store that fails is told when it is needed next
    });
    this.#life.start();
  }

  /** Tries at once, where the next attempt is being waited for. */
  hurry(): void {
    this.#life.hurry();
  }

  /** Ends the connection. Orders that are unsettled stay in the store; whoever waits for one gets a `LinkError`. */
  close(): void {
    this.#life.stop({ code: "closed" });
    this.#orders.leave();
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  register(who: { username: string; owner: string; password: string }): Promise<Session> {
    return this.#enrol(who);
  }

  /** Also after a stop because of signing out or a revoked device, which it ends. */
  login(who: { username: string; password: string }): Promise<Session> {
    return this.#enrol(who);
  }

  /**
   * Ends the sign-in here at once, and then at the bank, which has three seconds to answer; the link stops with
   * `logged_out`. With `revoke` the device of this browser is forgotten with its key, and struck off the bank's list where
   * there is a connection: coming back takes the password. Rejects with `StoreError` where it could not be forgotten. Without
   * it the key stays unused until the page is loaded again, and then signs in. Unsettled orders stay in the store, and are
   * sent again when the same user is signed in at the same bank.
   */
  async signOut({ revoke }: { revoke: boolean }): Promise<void> {
    const { connection } = this.#life;
    const tells = connection !== undefined && this.#sessions.standsOn(connection);
    const id = this.session?.device.id ?? (await this.#sessions.device().catch(() => undefined))?.id;
    // Here first: the page may be closed at any moment, and the bank may not be there to answer.
    if (!revoke) this.#sessions.rest();
    const forgotten = revoke ? this.#sessions.forget(id) : Promise.resolve();
    forgotten.catch(() => undefined); // told below
    if (tells) await logOut(connection, revoke, this.#runtime.clock);
    this.#leave({ code: "logged_out" });
    await forgotten;
  }

  /**
   * Forgets the bank's identity, and the device that it enrolled: its key never goes to another identity. Only while
   * stopped, as an explicit act; `start` then meets the bank as at the first contact. Unsettled orders stay in the store
   * with the old identity, and go to no other. Rejects with `LinkError` while not stopped.
   */
  async forgetPin(): Promise<void> {
    const { link } = this;
    if (link.kind !== "stopped") throw new LinkError("the bank's identity can be forgotten only while stopped");
    await this.#store.forgetPin(this.#bank);
    this.#leave(link.why);
    await this.#sessions.forget();
  }

  /** The identity that is remembered, and since when (`Date.now()`). */
  async pin(): Promise<{ fingerprint: string; sinceMs: number } | undefined> {
    const pin = await this.#store.readPin(this.#bank);
    return pin && { fingerprint: await fingerprint(new Uint8Array(pin.identity)), sinceMs: pin.sinceMs };
  }

  async listDevices(): Promise<Device[]> {
    const { devices } = await this.call({ case: "listDevices", value: {} }, "listDevices", (result) =>
      this.#devices.replace(result.devices),
    );
    return devices;
  }

  /** Revoking the device of this browser ends its connection: `device_revoked`. */
  async revokeDevice(deviceId: Uint8Array): Promise<void> {
    await this.call({ case: "revokeDevice", value: { deviceId } }, "revokeDevice", () => this.#devices.remove(deviceId));
  }

  async renameDevice(deviceId: Uint8Array, name: string): Promise<void> {
    await this.call({ case: "renameDevice", value: { deviceId, name } }, "device", (device) =>
      this.#devices.put(device),
    );
  }

  async renameAccount(account: string, name: string): Promise<void> {
    await this.call({ case: "renameAccount", value: { account, name } }, "account", (changed) =>
      this.#accounts.put(changed),
    );
  }

  /**
   * Orders something once: stores it, sends it, and sends it again with the same key until the bank has decided. Resolves
   * with an order that is `done` or `refused`. Called again with the key of an order it waits for that one. Rejects with
   * `StoreError` where it could not be stored, and with `LinkError` where nobody is signed in, where the client leaves before
   * the answer, and where another page has settled the order and dismissed it; an order that is unsettled stays in the
   * store. A key that was used for another command is a `TypeError`, a command that no bank could take a `RangeError`.
   */
  order(command: OrderCommand, key?: string): Promise<Order> {
    return this.#orders.order(command, key);
  }

  /** Takes a settled order off the list, for good. Rejects with a `TypeError` for one that is unsettled. */
  dismissOrder(key: string): Promise<void> {
    return this.#orders.dismiss(key);
  }

  /** Asks the bank whether it is there: the round trip in milliseconds. */
  async ping(): Promise<number> {
    const connection = await this.#life.ready(false);
    const { timeUs, askedMs, answeredMs } = await ping(connection, this.#runtime);
    this.#onPinged(connection, timeUs, askedMs, answeredMs);
    return answeredMs - askedMs;
  }

  /** Measures the round trip every few seconds, each with a `channel` event, until the returned function is called. */
  watchRoundTrip(): () => void {
    return this.#life.watch();
  }

  protected override async call<K extends ResultCase>(
    request: Request,
    expected: K,
    inOrder?: (result: ResultOf<K>) => void,
  ): Promise<ResultOf<K>> {
    const connection = await this.#life.ready(false);
    return await connection.call(request, expected, inOrder && { inOrder });
  }

  async #enrol(who: Credentials): Promise<Session> {
    if (this.session !== undefined) throw new LinkError("somebody is signed in already");
    const { link } = this.#life;
    const restart = ["logged_out", "device_revoked", "user_closed"];
    this.#sessions.enrolling = true;
    try {
      if (link.kind === "stopped" && restart.includes(link.why.code)) this.#life.start();
      const connection = await this.#life.ready(true);
      const session = await this.#sessions.enrol(connection, who);
      await this.#follow(connection, session);
      return session;
    } finally {
      this.#sessions.enrolling = false;
    }
  }

  /** Reads the store before the first dial, so that an app knows at once whether to ask for a password. */
  async #prepare(): Promise<void> {
    if (this.hasDevice !== undefined) return;
    await this.#sessions.device();
    this.#emitter.emit("link", this.link);
  }

  async #onGreeted(greeted: Greeted): Promise<void> {
    this.#greeted = greeted;
    this.#rttMs = greeted.answeredMs - greeted.askedMs;
    this.#clock.roundTrip(greeted.hello.timeUs, greeted.askedMs, greeted.answeredMs);
    this.#emitter.emit("clock", undefined);
    await this.#sessions.resume(greeted.connection);
  }

  /** What belongs to another user, or to another device of the same, is gone before anybody is told of this one. */
  #onSession(session: Session | undefined): void {
    if (session === undefined) {
      this.#orders.leave();
      this.#accounts.reset();
      this.#devices.replace([]);
    } else {
      this.#accounts.enter(session.device.id);
      this.#orders.keepOnly(session.username);
    }
    this.#emitter.emit("session", session);
  }

  #onUp(connection: Connection): void {
    const { channel, session } = this;
    if (channel !== undefined) this.#emitter.emit("channel", channel);
    if (session !== undefined) void this.#follow(connection, session);
  }

  /** Follows the accounts of whoever has signed in on the connection, and sends what they have ordered before. */
  async #follow(connection: Connection, session: Session): Promise<void> {
    try {
      await Promise.all([
        this.#orders.enter(connection, session),
        this.#accounts.subscribe(connection, (devices) => this.#devices.replace(devices)),
      ]);
    } catch (error) {
      this.#life.fault(connection, error);
    }
  }

  #onDown(connection: Connection): void {
    this.#accounts.down(connection);
    this.#orders.down(connection);
  }

  #onStopped(why: StopReason): void {
    const device = this.session?.device.id;
    if (why.code !== "device_revoked" && why.code !== "user_closed") return;
    this.#leave(why);
    this.#sessions.forget(device).catch(() => undefined); // the bank refuses its key from now on, wherever it is
  }

  /** Stops, and lets go of whatever belongs to the user. */
  #leave(why: StopReason): void {
    this.#life.stop(why);
    this.#sessions.leave();
  }

  #onEvent(connection: Connection, { kind }: Event): void {
    switch (kind.case) {
      case "heartbeat":
        if (this.#clock.heard(kind.value.timeUs)) this.#emitter.emit("clock", undefined);
        return;
      case "draining":
        this.#life.drain(connection, kind.value.comeBackWithinMs);
        return;
      case "deviceAdded":
        this.#devices.put(kind.value.device);
        return;
      case "deviceRenamed":
        this.#devices.rename(kind.value.deviceId, kind.value.name);
        return;
      case "deviceRevoked":
        this.#devices.remove(kind.value.deviceId);
        return;
      case "balance":
        this.#accounts.balance(connection, kind.value);
        return;
      case "accountOpened":
      case "accountRenamed":
        this.#accounts.put(kind.value.account);
    }
  }

  #onPinged(connection: Connection, timeUs: bigint, askedMs: number, answeredMs: number): void {
    if (connection !== this.#greeted?.connection) return;
    this.#rttMs = Math.max(0, answeredMs - askedMs);
    if (this.#clock.roundTrip(timeUs, askedMs, answeredMs)) this.#emitter.emit("clock", undefined);
    const { channel } = this;
    if (channel !== undefined) this.#emitter.emit("channel", channel);
  }

  /** Another tab has changed the store: signed out, signed in, or ordered. */
  async #onStoreChange(change: StoreChange): Promise<void> {
    if (change === "orders") await this.#orders.reread();
    if (change !== "device") return;
    const device = await this.#sessions.device();
    const { session } = this;
    if (session === undefined) {
      if (device !== undefined) this.#life.again();
    } else if (device === undefined || !equal(device.id, session.device.id)) {
      this.#leave({ code: "logged_out" });
    }
  }
}

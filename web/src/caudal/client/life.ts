import type { Event, HelloResult } from "../gen/caudal/v1/caudal_pb.ts";
import { comeBackDelay, reconnectDelay, stableAfterMs } from "./backoff.ts";
import { closeCode, forGood } from "./close-codes.ts";
import type { Connection, End } from "./connection.ts";
import { deferred } from "./deferred.ts";
import { dial, type Greeted } from "./dial.ts";
import { BankError, LinkError, ProtocolError, StoreError } from "./errors.ts";
import { Setback, Stop } from "./failure.ts";
import type { CutReason, Link, StopReason } from "./link.ts";
import { Pulse } from "./pulse.ts";
import type { Hint, Runtime } from "./runtime.ts";
import type { Store } from "./store.ts";

/** How long dialling may take, up to the answer to the sign-in by the device. */
const dialTimeoutMs = 15_000;
/** How long a draining bank may take to answer what is in flight. */
const drainPatienceMs = 30_000;

/** What is told to the owner of a life. */
export interface LifeHandlers {
  link(link: Link): void;
  /** Before each dial. */
  prepare(): Promise<void>;
  /** Hello is answered. Signs in where a device can; throws `Setback` or `Stop`. */
  greeted(greeted: Greeted): Promise<void>;
  /** The link is live on this connection. */
  up(connection: Connection): void;
  /** The link of this connection has ended. */
  down(connection: Connection): void;
  /** May throw `ProtocolError`. */
  event(connection: Connection, event: Event): void;
  /** A ping was answered. */
  pinged(connection: Connection, timeUs: bigint, askedMs: number, answeredMs: number): void;
  /** Nothing more happens by itself; the link has said so. */
  stopped(why: StopReason): void;
  /** Whether anybody is, or may be, signed in: if not, no connection is kept. */
  wanted(): boolean;
}

interface LifeOptions {
  readonly url: string;
  readonly bank: string;
  readonly program: string;
  readonly store: Store;
  readonly runtime: Runtime;
}

/** Keeps one connection to the bank: dials, notices that it is lost, and dials again (PROTOCOL.md, section 8). */
export class Life {
  #link: Link = { kind: "stopped", why: { code: "closed" } };
  #attempt = 0;
  #timer: unknown;
  #dialling: AbortController | undefined;
  #current: Connection | undefined;
  #pulse: Pulse | undefined;
  #watchers = 0;
  #draining = false;
  #comeBackMs: number | undefined;
  #changed = deferred<void>();
  #stopHints: (() => void) | undefined;

  constructor(
    private readonly options: LifeOptions,
    private readonly tell: LifeHandlers,
  ) {}

  get link(): Link {
    return this.#link;
  }

  /** The connection of a live link. */
  get connection(): Connection | undefined {
    return this.#link.kind === "live" ? this.#current : undefined;
  }

  /** Dials, where that has stopped or rests. */
  start(): void {
    if (this.#link.kind !== "stopped" && this.#link.kind !== "idle") return;
    this.#stopHints ??= this.options.runtime.hints((hint) => this.#hint(hint));
    this.#attempt = 0;
    void this.#dial();
  }

  /** A person does not want to wait for the next attempt: dials at once, where one is being waited for. */
  hurry(): void {
    if (this.#link.kind === "waiting") void this.#dial();
  }

  /** Starts afresh: there is something now that a new connection can sign in with. */
  again(): void {
    const connection = this.#current;
    if (this.#link.kind === "live" && connection !== undefined) {
      this.#settle({ kind: "idle" });
      void connection.hangUp(closeCode.bye, { kind: "closed", code: closeCode.bye });
    }
    const { link } = this;
    if (link.kind === "idle" || (link.kind === "stopped" && link.why.code === "logged_out")) this.start();
  }

  /** Ends for good, until `start`. Where there is a connection the bank is told. */
  stop(why: StopReason): void {
    if (this.#link.kind === "stopped" && this.#link.why.code === why.code) return;
    const connection = this.#current;
    this.#settle({ kind: "stopped", why });
    void connection?.hangUp(closeCode.bye, { kind: "closed", code: closeCode.bye });
  }

  /**
   * A connection that takes calls, waited for while one is being made. Rejects with `LinkError` where none is. A person who
   * waits is `eager`: then one is made at once, whatever was planned.
   */
  async ready(eager: boolean): Promise<Connection> {
    if (this.#link.kind === "idle") this.start();
    if (eager && this.#link.kind === "waiting") void this.#dial();
    while (this.#link.kind === "connecting") await this.#changed.promise;
    if (this.#current === undefined || this.#link.kind !== "live" || this.#draining) {
      throw new LinkError("there is no connection to the bank");
    }
    return this.#current;
  }

  /** Pings often enough for a person who watches the round trip, until the returned function is called. */
  watch(): () => void {
    this.#watchers++;
    this.#pulse?.watch(true);
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      if (--this.#watchers === 0) this.#pulse?.watch(false);
    };
  }

  /** The bank stops: what is in flight is answered, then this side leaves. */
  drain(connection: Connection, withinMs: number): void {
    if (connection !== this.#current) return;
    this.#comeBackMs = withinMs;
    if (this.#draining) return;
    this.#draining = true;
    const leave = (): void => void connection.hangUp(closeCode.bye, { kind: "closed", code: closeCode.draining });
    const timer = this.options.runtime.clock.setTimeout(leave, drainPatienceMs);
    connection.whenIdle(() => {
      this.options.runtime.clock.clearTimeout(timer);
      queueMicrotask(leave); // the rest of the frame is handled first
    });
  }

  /** What went wrong on a live connection beside it: it is given up, and what `error` says decides what comes next. */
  fault(connection: Connection, error: unknown): void {
    if (connection !== this.#current) return;
    if (this.#link.kind === "live") this.tell.down(connection);
    this.#failed(connection, error);
  }

  async #dial(): Promise<void> {
    const { clock } = this.options.runtime;
    clock.clearTimeout(this.#timer);
    const dialling = new AbortController();
    this.#dialling = dialling;
    this.#move({ kind: "connecting", attempt: this.#attempt });
    const timer = clock.setTimeout(() => dialling.abort(new Setback("silent")), dialTimeoutMs);
    let connection: Connection | undefined;
    try {
      await this.#prepared(dialling.signal);
      const greeted = await dial({ ...this.options, signal: dialling.signal }, {
        event: (event) => connection && this.#event(connection, event),
        ended: (end) => connection && this.#ended(connection, end),
      });
      dialling.signal.throwIfAborted();
      connection = greeted.connection;
      const { signal } = dialling;
      signal.addEventListener("abort", () => connection?.cut("silent"), { once: true });
      this.#current = connection;
      await this.tell.greeted(greeted);
      signal.throwIfAborted();
      if (this.#current !== connection) return; // it ended meanwhile, and that was told
      this.#live(connection, greeted.hello);
    } catch (error) {
      if (this.#dialling !== dialling) return; // stopped, or dialled anew, meanwhile
      this.#failed(connection, error);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /** A browser's storage may never answer. */
  async #prepared(signal: AbortSignal): Promise<void> {
    const late = deferred<never>();
    const aborted = (): void => late.reject(new StoreError("unavailable", "the browser's storage does not answer"));
    signal.addEventListener("abort", aborted, { once: true });
    try {
      await Promise.race([this.tell.prepare(), late.promise]);
    } finally {
      signal.removeEventListener("abort", aborted);
    }
  }

  #event(connection: Connection, event: Event): void {
    this.tell.event(connection, event);
    if (connection === this.#current) this.#pulse?.heard();
  }

  #live(connection: Connection, hello: HelloResult): void {
    this.#dialling = undefined;
    this.#comeBackMs = undefined;
    this.#pulse = new Pulse(connection, hello, this.options.runtime, (timeUs, askedMs, answeredMs) =>
      this.tell.pinged(connection, timeUs, askedMs, answeredMs),
    );
    if (this.#watchers > 0) this.#pulse.watch(true);
    this.#move({ kind: "live" });
    this.tell.up(connection);
  }

  /** An attempt has not become a live link. */
  #failed(connection: Connection | undefined, error: unknown): void {
    this.#current = undefined;
    void connection?.hangUp(closeCode.bye, { kind: "closed", code: closeCode.bye });
    if (error instanceof Stop) this.#settle({ kind: "stopped", why: error.why });
    else if (error instanceof StoreError) this.#settle({ kind: "stopped", why: { code: "store", error } });
    else if (error instanceof Setback) this.#wait(error.why, error.afterMs);
    else if (error instanceof BankError) this.#wait("refused", error.retryAfterMs ?? 0);
    else if (error instanceof ProtocolError) this.#wait("bad_record", 0);
    else if (error instanceof LinkError) this.#wait("network", 0);
    else {
      this.#wait("bad_record", 0);
      throw error; // a fault of this program: seen, and tried again
    }
  }

  /** A connection that was current has ended. */
  #ended(connection: Connection, end: End): void {
    if (connection !== this.#current) return;
    const live = this.#link.kind === "live";
    const lasted = this.#pulse?.lastedMs ?? 0;
    this.#current = undefined;
    this.#dialling = undefined;
    this.#pulse?.stop();
    this.#pulse = undefined;
    if (lasted >= stableAfterMs) this.#attempt = 0;
    if (live) this.tell.down(connection);
    if (end.kind === "closed" && forGood(end.code)) {
      this.#settle({ kind: "stopped", why: stopReason(end.code) });
    } else if (live && !this.tell.wanted() && end.kind === "closed" && end.code === closeCode.handshakeTimeout) {
      this.#settle({ kind: "idle" }); // the bank keeps no connection on which nobody signs in
    } else {
      this.#wait(this.#draining ? "draining" : cutReason(end), 0);
    }
  }

  #wait(why: CutReason, afterMs: number): void {
    const { clock, random, online } = this.options.runtime;
    this.#reset();
    const delay =
      this.#comeBackMs === undefined
        ? reconnectDelay(this.#attempt, random) + Math.min(afterMs, 60_000)
        : comeBackDelay(this.#comeBackMs, random);
    this.#comeBackMs = undefined;
    this.#attempt++;
    this.#timer = clock.setTimeout(() => void this.#dial(), delay);
    const reason = why === "network" && !online() ? "offline" : why;
    this.#move({ kind: "waiting", attempt: this.#attempt, retryAtMs: clock.now() + delay, why: reason });
  }

  /** Nothing more happens by itself. */
  #settle(link: Link): void {
    const connection = this.#current;
    const live = this.#link.kind === "live";
    const dialling = this.#dialling;
    this.#reset();
    this.#current = undefined;
    this.#comeBackMs = undefined;
    dialling?.abort(new LinkError("stopped"));
    if (link.kind === "stopped") {
      this.#stopHints?.();
      this.#stopHints = undefined;
    }
    if (live && connection !== undefined) this.tell.down(connection);
    this.#move(link);
    if (link.kind === "stopped") this.tell.stopped(link.why);
  }

  #reset(): void {
    this.options.runtime.clock.clearTimeout(this.#timer);
    this.#pulse?.stop();
    this.#pulse = undefined;
    this.#dialling = undefined;
    this.#draining = false;
  }

  #move(link: Link): void {
    this.#link = link;
    this.#changed.resolve();
    this.#changed = deferred();
    this.tell.link(link);
  }

  #hint(hint: Hint): void {
    if (this.#link.kind === "live") this.#pulse?.doubt();
    if (this.#link.kind === "waiting" && this.#link.why !== "draining" && hint !== "offline") void this.#dial();
  }
}

function stopReason(code: number): StopReason {
  switch (code) {
    case closeCode.version:
      return { code: "version" };
    case closeCode.loggedOut:
      return { code: "logged_out" };
    case closeCode.deviceRevoked:
      return { code: "device_revoked" };
    case closeCode.userClosed:
      return { code: "user_closed" };
  }
  return { code: "protocol", closeCode: code };
}

function cutReason(end: End): CutReason {
  if (end.kind === "cut") return end.why;
  switch (end.code) {
    case closeCode.draining:
      return "draining";
    case closeCode.overloaded:
      return "refused";
    case closeCode.badRecord:
    case closeCode.tooLarge:
      return "bad_record";
  }
  return "closed";
}

import type { HelloResult } from "../gen/caudal/v1/caudal_pb.ts";
import type { Connection } from "./connection.ts";
import type { Runtime } from "./runtime.ts";

/** Where hello says nothing, and bounds of what it may say. */
const heartbeatDefaultMs = 30_000;
const idleDefaultMs = 90_000;
const lifeMinMs = 100;
const lifeMaxMs = 3_600_000;
/** How many heartbeats of silence mean that the connection is dead (PROTOCOL.md, section 8). */
const silentHeartbeats = 2.5;
/** How many heartbeats of silence no bank leaves that is there: a page that wakes to more does not call it live. */
const lateHeartbeats = 1.25;
/** After how much of the idle timeout a ping is sent where nothing else was: twice before the bank would hang up. */
const quietShare = 0.4;
/** After how much silence the bank is asked whether it is there, while somebody may be looking. */
const askAfterMs = 10_000;
/** How long the bank may take to answer when there is reason to doubt the connection. */
const probeMs = 5_000;
/** How long the bank may take to answer any command: one that is never answered would wait for ever. */
const answerMaxMs = 60_000;
/** How often somebody who watches the round trip sees a new one. */
const watchMs = 5_000;

/** Bounds what hello says about the life of a connection. */
export function heartbeatOf(hello: HelloResult): number {
  return bounded(hello.heartbeatMs, heartbeatDefaultMs);
}

function bounded(ms: number, otherwise: number): number {
  return ms === 0 ? otherwise : Math.min(Math.max(ms, lifeMinMs), lifeMaxMs);
}

/** Pings where there is nothing else to say, and cuts the connection where nothing is heard. */
export class Pulse {
  readonly #heartbeatMs: number;
  readonly #silenceMs: number;
  readonly #quietMs: number;
  readonly #startedMs: number;
  #timer: unknown;
  #probe: unknown;
  #watched = false;
  #pinging = false;

  constructor(
    private readonly connection: Connection,
    hello: HelloResult,
    private readonly runtime: Runtime,
    private readonly pinged: (timeUs: bigint, askedMs: number, answeredMs: number) => void,
  ) {
    this.#heartbeatMs = heartbeatOf(hello);
    this.#silenceMs = this.#heartbeatMs * silentHeartbeats;
    this.#quietMs = bounded(hello.idleTimeoutMs, idleDefaultMs) * quietShare;
    this.#startedMs = this.#nowMs;
    connection.silenceMaxMs = this.#silenceMs;
    this.#schedule();
  }

  /** For how long the link has been live. */
  get lastedMs(): number {
    return this.#nowMs - this.#startedMs;
  }

  stop(): void {
    this.runtime.clock.clearTimeout(this.#timer);
    this.runtime.clock.clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  /** While somebody watches, the round trip is measured often. */
  watch(watched: boolean): void {
    this.#watched = watched;
    if (watched) this.#ping();
    this.#schedule();
  }

  /** The bank has said something: a moment to ping in a page whose timers the browser holds back. */
  heard(): void {
    if (this.#quietForMs() <= 0) this.#ping();
  }

  /** A machine that slept, or a network that is said to have gone: who was silent for too long already is given up. */
  doubt(): void {
    if (this.#silentMs > this.#heartbeatMs * lateHeartbeats) this.#dead();
    else this.#ask();
  }

  /** Asks whether the bank is there, and gives it up where it does not say so soon. */
  #ask(): void {
    if (this.#gone() || this.#probe !== undefined || this.connection.ended) return;
    const askedMs = this.#nowMs;
    // In two halves: where this page stood still for the first, an answer that has come is taken in the second.
    const half = (then: () => void): void => {
      this.#probe = this.runtime.clock.setTimeout(then, probeMs / 2);
    };
    half(() =>
      half(() => {
        this.#probe = undefined;
        if (this.connection.heardAtMs < askedMs) this.#dead();
        else this.#schedule();
      }),
    );
    this.#ping(true);
  }

  get #nowMs(): number {
    return this.runtime.clock.elapsed();
  }

  get #silentMs(): number {
    return this.#nowMs - this.connection.heardAtMs;
  }

  #dead(): void {
    this.connection.cut(this.runtime.online() ? "silent" : "offline");
  }

  /** Cuts a connection that has been silent for too long, or leaves a command unanswered. */
  #gone(): boolean {
    const waitedMs = this.#nowMs - (this.connection.waitingSinceMs ?? this.#nowMs);
    if (this.#silentMs < this.#silenceMs && waitedMs < answerMaxMs) return false;
    this.#dead();
    return true;
  }

  /** When the next ping is due, from now. */
  #quietForMs(): number {
    const everyMs = this.#watched && this.runtime.visible() ? Math.min(watchMs, this.#quietMs) : this.#quietMs;
    return this.connection.sentAtMs + everyMs - this.#nowMs;
  }

  /** When the bank is to be asked because of its silence, from now; never while it is, and not where nobody looks. */
  #askInMs(): number {
    if (this.#probe !== undefined || !this.runtime.visible()) return Number.POSITIVE_INFINITY;
    return askAfterMs - this.#silentMs;
  }

  #schedule(): void {
    const { clock } = this.runtime;
    clock.clearTimeout(this.#timer);
    if (this.connection.ended) return;
    const goneInMs = Math.min(this.#silenceMs - this.#silentMs, this.#answerDueMs());
    const pingInMs = this.#pinging ? Number.POSITIVE_INFINITY : this.#quietForMs();
    this.#timer = clock.setTimeout(() => this.#beat(), Math.max(0, Math.min(goneInMs, pingInMs, this.#askInMs())));
  }

  /** When the oldest command that waits must have been answered, from now. */
  #answerDueMs(): number {
    return (this.connection.waitingSinceMs ?? this.#nowMs) + answerMaxMs - this.#nowMs;
  }

  #beat(): void {
    if (this.#gone()) return;
    if (this.#askInMs() <= 0) this.#ask();
    else if (this.#quietForMs() <= 0) this.#ping();
    this.#schedule();
  }

  #ping(anyway = false): void {
    if (this.#pinging && !anyway) return;
    this.#pinging = true;
    ping(this.connection, this.runtime).then(
      ({ timeUs, askedMs, answeredMs }) => {
        this.#pinging = false;
        this.#schedule();
        this.pinged(timeUs, askedMs, answeredMs);
      },
      () => {
        this.#pinging = false; // cut, which is told elsewhere; or refused, and the heartbeats go on
        this.#schedule();
      },
    );
  }
}

/** One round trip; the moments are `Clock.elapsed()`. */
export async function ping(connection: Connection, { clock }: Runtime) {
  const askedMs = clock.elapsed();
  const { timeUs } = await connection.call({ case: "ping", value: {} }, "ping");
  return { timeUs, askedMs, answeredMs: clock.elapsed() };
}

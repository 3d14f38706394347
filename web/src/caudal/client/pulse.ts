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
/** After how much of the idle timeout a ping is sent where nothing else was: twice before the bank would hang up. */
const quietShare = 0.4;
/** How long the bank may take to answer when there is reason to doubt the connection. */
const probeMs = 4_000;
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
  readonly #silenceMs: number;
  readonly #quietMs: number;
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
    this.#silenceMs = heartbeatOf(hello) * silentHeartbeats;
    this.#quietMs = bounded(hello.idleTimeoutMs, idleDefaultMs) * quietShare;
    this.#schedule();
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

  /** Asks whether the bank is there, soon: a machine that slept, or a network that is said to have gone. */
  probe(): void {
    const { clock } = this.runtime;
    if (this.#silent() || this.#probe !== undefined || this.connection.ended) return;
    const askedMs = clock.now();
    this.#ping(true);
    this.#probe = clock.setTimeout(() => {
      this.#probe = undefined;
      if (this.connection.heardAtMs < askedMs) this.#dead();
    }, probeMs);
  }

  #dead(): void {
    this.connection.cut(this.runtime.online() ? "silent" : "offline");
  }

  /** Cuts a connection that has been silent for too long. */
  #silent(): boolean {
    if (this.runtime.clock.now() - this.connection.heardAtMs < this.#silenceMs) return false;
    this.#dead();
    return true;
  }

  /** When the next ping is due, from now. */
  #quietForMs(): number {
    const everyMs = this.#watched && this.runtime.visible() ? Math.min(watchMs, this.#quietMs) : this.#quietMs;
    return this.connection.sentAtMs + everyMs - this.runtime.clock.now();
  }

  #schedule(): void {
    const { clock } = this.runtime;
    clock.clearTimeout(this.#timer);
    if (this.connection.ended) return;
    const silentIn = this.connection.heardAtMs + this.#silenceMs - clock.now();
    const next = this.#pinging ? silentIn : Math.min(silentIn, this.#quietForMs());
    this.#timer = clock.setTimeout(() => this.#beat(), Math.max(0, next));
  }

  #beat(): void {
    if (this.#silent()) return;
    if (this.#quietForMs() <= 0) this.#ping();
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

/** One round trip. */
export async function ping(connection: Connection, { clock }: Runtime) {
  const askedMs = clock.now();
  const { timeUs } = await connection.call({ case: "ping", value: {} }, "ping");
  return { timeUs, askedMs, answeredMs: clock.now() };
}

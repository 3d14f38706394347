import { type Bytes, hybrid, maxMessage, startHandshake } from "../channel/index.ts";
import type { HelloResult } from "../gen/caudal/v1/caudal_pb.ts";
import { Connection, type ConnectionHandlers, CutError } from "./connection.ts";
import { deferred } from "./deferred.ts";
import { BankError } from "./errors.ts";
import { Setback, Stop } from "./failure.ts";
import type { Runtime, Socket } from "./runtime.ts";
import type { Store } from "./store.ts";
import { channelFailure, trust } from "./trust.ts";

/** The version of the vocabulary that this client speaks. */
const version = 1;
/** What a server can say before this client has listened: nothing is due before hello. */
const earlyMax = 16;

/** Where to, and with what. */
export interface DialOptions {
  /** `wss://HOST[:PORT]/PATH`. */
  readonly url: string;
  /** The origin of `url`: what the pin is remembered by. */
  readonly bank: string;
  readonly program: string;
  readonly store: Store;
  readonly runtime: Runtime;
  /** Ends the attempt; the reason is thrown. */
  readonly signal: AbortSignal;
}

/** A connection whose bank has proven its identity and answered hello. */
export interface Greeted {
  readonly connection: Connection;
  readonly hello: HelloResult;
  /** When hello was said, and answered: `Clock.elapsed()`. */
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly firstContact: boolean;
}

/** What arrives on a socket, before and after there is a connection to take it. */
class Arrivals {
  readonly opened: Promise<string>;
  #open: (protocol: string) => void = () => undefined;
  #waiting: ((data: unknown) => void) | undefined;
  #early: unknown[] = [];
  #connection: Connection | undefined;
  closed = false;

  constructor(private readonly fail: (reason: Setback) => void) {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  readonly handlers = {
    opened: (protocol: string): void => this.#open(protocol),
    message: (data: unknown): void => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting !== undefined) waiting(data);
      else if (this.#connection !== undefined) this.#connection.receive(data);
      else if (this.#early.push(data) > earlyMax) this.fail(new Setback("bad_record"));
    },
    closed: (): void => {
      this.closed = true;
      this.#connection?.socketEnded();
      this.fail(new Setback("network"));
    },
  };

  next(): Promise<unknown> {
    return new Promise((resolve) => {
      if (this.#early.length > 0) resolve(this.#early.shift());
      else this.#waiting = resolve;
    });
  }

  /** Everything from now on is the connection's. */
  handOver(connection: Connection): void {
    this.#connection = connection;
    for (const data of this.#early.splice(0)) connection.receive(data);
    if (this.closed) connection.socketEnded();
  }
}

/**
 * Opens the socket, makes the channel, makes sure that it is the bank, and says hello. Throws `Setback`, `Stop`,
 * `StoreError`, or the signal's reason.
 */
export async function dial(options: DialOptions, handlers: ConnectionHandlers): Promise<Greeted> {
  const { runtime, signal } = options;
  signal.throwIfAborted();
  const ends = deferred<never>();
  const arrivals = new Arrivals(ends.reject);
  ends.promise.catch(() => undefined); // it may end after all went well
  const aborted = (): void => ends.reject(signal.reason);
  signal.addEventListener("abort", aborted);
  let socket: Socket | undefined;
  try {
    socket = open(options, arrivals);
    return await Promise.race([greet(options, socket, arrivals, handlers), ends.promise]);
  } catch (error) {
    socket?.close(1000);
    throw error instanceof CutError ? new Setback(runtime.online() ? "network" : "offline") : error;
  } finally {
    signal.removeEventListener("abort", aborted);
  }
}

function open({ url, runtime }: DialOptions, arrivals: Arrivals): Socket {
  try {
    return runtime.openSocket(url, [hybrid.subprotocol], arrivals.handlers);
  } catch {
    throw new Setback("network"); // such as a policy that forbids it for now
  }
}

async function greet(
  options: DialOptions,
  socket: Socket,
  arrivals: Arrivals,
  handlers: ConnectionHandlers,
): Promise<Greeted> {
  const { runtime, store, bank, program, signal } = options;
  const { clock } = runtime;
  // The keys are made while the socket opens; a bank that chooses another subprotocol than the only one offered is cut.
  const offer = { offered: [hybrid.subprotocol], chosen: hybrid.subprotocol };
  const [handshake, chosen] = await Promise.all([
    startHandshake(offer).catch((error: unknown) => Promise.reject(channelFailure(error))),
    arrivals.opened,
  ]);
  if (chosen !== hybrid.subprotocol) throw new Setback("bad_record");
  const answer = arrivals.next();
  socket.send(handshake.message1);
  const message2 = bytesOf(await answer);
  const trusted = await trust(store, bank, handshake, message2, clock.now(), signal);
  const { channel, firstContact, founding } = trusted;

  const connection = new Connection(channel, founding, socket, clock, handlers);
  arrivals.handOver(connection);
  const askedMs = clock.elapsed();
  const hello = await sayHello(connection, program);
  connection.inFlightMax = hello.commandsInFlightMax;
  return { connection, hello, askedMs, answeredMs: clock.elapsed(), firstContact };
}

async function sayHello(connection: Connection, program: string): Promise<HelloResult> {
  try {
    const hello = await connection.call({ case: "hello", value: { client: program, version } }, "hello");
    if (hello.version !== version) throw new Stop({ code: "version" });
    return hello;
  } catch (error) {
    if (error instanceof BankError) throw new Setback("refused", error.retryAfterMs ?? 0);
    throw error;
  }
}

function bytesOf(data: unknown): Bytes {
  if (!(data instanceof ArrayBuffer) || data.byteLength > maxMessage) throw new Setback("bad_record");
  return new Uint8Array(data);
}


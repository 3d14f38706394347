import { create, type MessageInitShape, fromBinary, toBinary } from "@bufbuild/protobuf";

import { type Bytes, type Channel, maxBody, maxMessage, type Opened } from "../channel/index.ts";
import {
  ClientFrameSchema,
  type Command,
  CommandSchema,
  type Event,
  type Reply,
  ServerFrameSchema,
} from "../gen/caudal/v1/caudal_pb.ts";
import { closeCode } from "./close-codes.ts";
import { deferred } from "./deferred.ts";
import { LinkError, ProtocolError, refusalOf } from "./errors.ts";
import type { Founding } from "./founding.ts";
import type { CutReason } from "./link.ts";
import type { Clock, Socket } from "./runtime.ts";

/** Most commands in a frame (PROTOCOL.md, section 5). */
const commandsPerFrame = 256;
/** Tag and length of a command in its frame, at most. */
const frameField = 4;
/** Bounds what waits for a place in flight. */
const queueMax = 1024;
/** Bounds what a server can make a client keep in flight. */
const inFlightMax = 1 << 14;
/** Bounds what has arrived and is not opened yet. */
const arrivedMaxBytes = 1 << 23;

/** Why a connection ended: by the bank's close record, which is authentic; or cut, by either side or by neither. */
export type End =
  | { readonly kind: "closed"; readonly code: number }
  | { readonly kind: "cut"; readonly why: CutReason };

/** A command whose connection ended before its reply. */
export class CutError extends LinkError {
  constructor(
    /** Whether the bank may have seen it. */
    readonly sent: boolean,
  ) {
    super("the connection ended before the bank answered");
  }
}

/** The kinds of requests, and what each consists of. */
export type Request = NonNullable<MessageInitShape<typeof CommandSchema>["request"]>;
/** The kinds of results. */
export type ResultCase = Exclude<Reply["result"]["case"], "error" | undefined>;
export type ResultOf<K extends ResultCase> = Extract<Reply["result"], { case: K }>["value"];

interface Call {
  readonly command: Command;
  readonly size: number;
  readonly expected: ResultCase;
  /** Takes the reply on the way of the records; may throw `ProtocolError`. */
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
  /** When it was given its place in flight; `undefined` before. */
  sentAtMs: number | undefined;
}

/** What a connection tells its owner; each is called on the way of the records, in their order. */
export interface ConnectionHandlers {
  /** May throw `ProtocolError`, which ends the connection. */
  event(event: Event): void;
  /** Once. */
  ended(end: End): void;
}

/**
 * One socket with its channel, from the handshake to the end: commands in, replies and events out, in the order in which
 * the bank sent them. Commands of the same turn share a frame; what exceeds the bound in flight waits.
 */
export class Connection {
  /** By `Date.now()`. */
  readonly connectedAtMs: number;
  /**
   * Whoever was silent for longer is gone, even where something comes then: it has waited in front of a page that stood
   * still, and tells nothing about now.
   */
  silenceMaxMs = Number.POSITIVE_INFINITY;
  #nextId = 1n;
  #queue: Call[] = [];
  readonly #pending = new Map<bigint, Call>();
  #inFlightMax = 1; // until hello says more
  #flushing = false;
  #arrivedBytes = 0;
  #arrived: Promise<void> = Promise.resolve(); // everything up to here is handled
  #end: End | undefined;
  #heardAtMs: number;
  #sentAtMs: number;
  #idle: (() => void) | undefined;
  readonly #over = deferred<void>();

  constructor(
    readonly channel: Channel,
    readonly founding: Founding,
    private readonly socket: Socket,
    private readonly clock: Clock,
    private readonly handlers: ConnectionHandlers,
  ) {
    this.connectedAtMs = clock.now();
    this.#heardAtMs = this.#sentAtMs = clock.elapsed();
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Resolves when it ends. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** When the last record opened, and the last was sealed: `Clock.elapsed()`, as in all of this. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  get sentAtMs(): number {
    return this.#sentAtMs;
  }

  /** Since when the oldest of the commands that are in flight waits for its reply; `undefined` where none is. */
  get waitingSinceMs(): number | undefined {
    for (const call of this.#pending.values()) return call.sentAtMs;
    return undefined;
  }

  /** How many commands may be unanswered, from hello. */
  set inFlightMax(n: number) {
    this.#inFlightMax = Math.min(Math.max(n, 1), inFlightMax);
  }

  /**
   * Sends a command and waits for its result, which must be of the kind `expected`. `inOrder` is called with it before
   * anything is handled that the bank said later, and may throw `ProtocolError`. Rejects with `BankError`; with
   * `CutError` where the connection ends first; with `LinkError` where too many calls wait.
   */
  call<K extends ResultCase>(
    request: Request,
    expected: K,
    { key, inOrder }: { key?: Uint8Array; inOrder?: (result: ResultOf<K>) => void } = {},
  ): Promise<ResultOf<K>> {
    if (this.#end !== undefined) return Promise.reject(new CutError(false));
    if (this.#queue.length >= queueMax) return Promise.reject(new LinkError("too many calls wait on this connection"));
    const command = create(CommandSchema, { id: this.#nextId++, request, ...(key && { idempotencyKey: key }) });
    const size = toBinary(CommandSchema, command).length + frameField;
    if (size > maxBody) return Promise.reject(new RangeError("the command is too long"));
    const outcome = deferred<ResultOf<K>>();
    const resolve = ({ result }: Reply): void => {
      if (result.case === "error") {
        outcome.reject(refusalOf(result.value));
        return;
      }
      const value = result.value as ResultOf<K>; // #answered has compared the kinds
      inOrder?.(value);
      outcome.resolve(value);
    };
    this.#queue.push({ command, size, expected, resolve, reject: outcome.reject, sentAtMs: undefined });
    if (!this.#flushing) void this.#flush();
    return outcome.promise;
  }

  /** Sends what is queued, frame by frame. While one is sealed, the commands of the next come together. */
  async #flush(): Promise<void> {
    this.#flushing = true;
    await Promise.resolve(); // the rest of this turn goes into the same frame
    try {
      for (let calls = this.#take(); calls.length > 0; calls = this.#take()) {
        const frame = create(ClientFrameSchema, { commands: calls.map((call) => call.command) });
        this.#sentAtMs = this.clock.elapsed();
        // Sent even where the connection has ended meanwhile: a close record behind it has the next number.
        this.socket.send(await this.channel.seal(toBinary(ClientFrameSchema, frame)));
      }
    } catch {
      this.cut("network"); // the socket is closing, or the counters are used up
    } finally {
      this.#flushing = false;
    }
  }

  /** The calls of the next frame, within the bounds of a frame and of what may be in flight. */
  #take(): Call[] {
    const calls: Call[] = [];
    let size = 0;
    for (const call of this.#queue) {
      size += call.size;
      if (calls.length >= commandsPerFrame || this.#pending.size >= this.#inFlightMax || size > maxBody) break;
      call.sentAtMs = this.clock.elapsed();
      this.#pending.set(call.command.id, call);
      calls.push(call);
    }
    this.#queue.splice(0, calls.length);
    return calls;
  }

  /** Takes what the socket brought, in its order. */
  receive(data: unknown): void {
    if (this.#end !== undefined) return;
    if (!(data instanceof ArrayBuffer) || data.byteLength > maxMessage) {
      void this.hangUp(closeCode.tooLarge, { kind: "cut", why: "bad_record" });
      return;
    }
    this.#arrivedBytes += data.byteLength;
    if (this.#arrivedBytes > arrivedMaxBytes) {
      this.cut("bad_record");
      return;
    }
    this.#arrived = this.channel.open(new Uint8Array(data)).then(
      (opened) => {
        this.#arrivedBytes -= data.byteLength;
        this.#opened(opened);
      },
      () => void this.hangUp(closeCode.badRecord, { kind: "cut", why: "bad_record" }),
    );
  }

  #opened(record: Opened): void {
    if (this.#end !== undefined) return;
    const nowMs = this.clock.elapsed();
    if (nowMs - this.#heardAtMs > this.silenceMaxMs) {
      this.cut("silent");
      return;
    }
    this.#heardAtMs = nowMs;
    if (record.type === "close") {
      void this.hangUp(closeCode.bye, { kind: "closed", code: record.code });
      return;
    }
    try {
      this.#frame(record.body);
    } catch (error) {
      void this.hangUp(closeCode.badFrame, { kind: "cut", why: "bad_record" });
      if (!(error instanceof ProtocolError)) throw error; // a fault of this program: seen, and the link starts afresh
    }
  }

  #frame(body: Bytes): void {
    for (const { kind } of parseFrame(body)) {
      if (this.#end !== undefined) return;
      if (kind.case === "reply") this.#answered(kind.value);
      if (kind.case === "event") this.handlers.event(kind.value);
    }
  }

  #answered(reply: Reply): void {
    const call = this.#pending.get(reply.id);
    if (call === undefined) throw new ProtocolError(`a reply to command ${reply.id}, which is not in flight`);
    if (reply.result.case !== "error" && reply.result.case !== call.expected) {
      throw new ProtocolError(`${call.command.request.case} is answered by ${reply.result.case ?? "nothing"}`);
    }
    call.resolve(reply); // before it leaves what is pending: where it throws, the call is cut like the others
    this.#pending.delete(reply.id);
    if (this.#queue.length > 0 && !this.#flushing) void this.#flush();
    if (this.#pending.size + this.#queue.length === 0) this.#idle?.();
  }

  /** The socket has ended. What came before that counts first: it may be the reason, in a close record. */
  socketEnded(): void {
    void this.#arrived.finally(() => this.cut("network"));
  }

  /** Calls `f` once nothing is in flight, perhaps now. */
  whenIdle(f: () => void): void {
    this.#idle = f;
    if (this.#pending.size + this.#queue.length === 0) f();
  }

  /** Ends the connection because its socket has, or because nothing can be said on it any more. */
  cut(why: CutReason): void {
    if (!this.#finish({ kind: "cut", why })) return;
    this.socket.close(closeCode.bye);
  }

  /** Ends the connection, and tells the bank why. */
  async hangUp(code: number, end: End): Promise<void> {
    if (!this.#finish(end)) return;
    try {
      this.socket.send(await this.channel.sealClose(code)); // who does not hear it sees a cut
    } catch {
      // It was closed, or is: nothing is left to say.
    }
    this.socket.close(closeCode.bye);
  }

  #finish(end: End): boolean {
    if (this.#end !== undefined) return false;
    this.#end = end;
    const calls = [...this.#pending.values(), ...this.#queue];
    this.#pending.clear();
    this.#queue = [];
    for (const call of calls) call.reject(new CutError(call.sentAtMs !== undefined));
    this.#over.resolve();
    this.handlers.ended(end);
    return true;
  }
}

function parseFrame(body: Bytes) {
  try {
    return fromBinary(ServerFrameSchema, body).messages;
  } catch (cause) {
    throw new ProtocolError("a frame is malformed", { cause });
  }
}

import type { Clock, Hint, Runtime, SocketHandlers } from "../../src/caudal/client/runtime.ts";
import { nowMs } from "../channel/bank.ts";

interface Timer {
  readonly atMs: number;
  readonly f: () => void;
}

/** A clock that stands until a test moves it. */
export class FakeClock implements Clock {
  #nowMs = nowMs;
  #elapsedMs = 0;
  /** What timers count: it stands while the machine sleeps. */
  #ranMs = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  elapsed(): number {
    return this.#elapsedMs;
  }

  setTimeout(f: () => void, ms: number): Timer {
    const timer = { atMs: this.#ranMs + ms, f };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** Moves on, and lets what each timer starts come to rest before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#ranMs + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#run(Math.max(0, due.atMs - this.#ranMs));
      due.f();
      await rest();
    }
    this.#run(end - this.#ranMs);
  }

  #run(ms: number): void {
    this.#ranMs += ms;
    this.sleep(ms);
  }

  /** Moves on without running timers: a machine that slept. */
  sleep(ms: number): void {
    this.#nowMs += ms;
    this.#elapsedMs += ms;
  }

  /** Somebody sets the machine's clock, forward or back. */
  set(byMs: number): void {
    this.#nowMs += byMs;
  }
}

/** How many operations of WebCrypto are under way: they end on other threads, so no number of turns waits for them. */
let computing = 0;

for (const name of Object.getOwnPropertyNames(SubtleCrypto.prototype)) {
  const original: unknown = Reflect.get(SubtleCrypto.prototype, name);
  if (typeof original !== "function" || name === "constructor") continue;
  Reflect.set(SubtleCrypto.prototype, name, async function counted(this: SubtleCrypto, ...parameters: unknown[]) {
    computing++;
    try {
      return (await Reflect.apply(original, this, parameters)) as unknown;
    } finally {
      computing--;
    }
  });
}

/** Turns of the event loop without any cryptography after which nothing more happens by itself. */
const quietTurns = 12;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets everything happen that can without the clock. */
export async function rest(): Promise<void> {
  for (let quiet = 0; quiet < quietTurns; quiet++) {
    await turn();
    if (computing > 0) quiet = 0;
  }
}

/** Waits for what must come without the clock; fails once nothing happens any more. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let quiet = 0; !condition(); quiet++) {
    if (quiet > quietTurns) throw new Error(`it never came: ${what}`);
    await turn();
    if (computing > 0) quiet = 0;
  }
}

/** What answers on the other side of a socket. */
export interface Peer {
  message(data: Uint8Array<ArrayBuffer>): void;
  /** The client has closed. */
  closed(): void;
}

/** The bank's end of a socket. Messages travel in order, each in a turn of its own. */
export class Wire {
  #peer: Peer | undefined;
  #open = true;
  readonly offered: readonly string[];

  constructor(
    private readonly handlers: SocketHandlers,
    protocols: readonly string[],
  ) {
    this.offered = protocols;
  }

  accept(peer: Peer, protocol = this.offered[0] ?? ""): void {
    this.#peer = peer;
    setImmediate(() => this.#open && this.handlers.opened(protocol));
  }

  /** What the client sends. */
  readonly client = {
    send: (data: Uint8Array<ArrayBuffer>): void => {
      if (this.#open) setImmediate(() => this.#peer?.message(data.slice()));
    },
    close: (_code: number): void => {
      if (!this.#open) return;
      this.#open = false;
      setImmediate(() => {
        this.#peer?.closed();
        this.handlers.closed();
      });
    },
  };

  send(data: unknown): void {
    setImmediate(() => this.#open && this.handlers.message(data));
  }

  /** The socket ends, without a close record. */
  cut(): void {
    setImmediate(() => {
      if (!this.#open) return;
      this.#open = false;
      this.handlers.closed();
    });
  }
}

/** A runtime whose every part a test holds. */
export class World {
  readonly clock = new FakeClock();
  readonly wires: Wire[] = [];
  /** What each attempt to open a socket meets. */
  dialled: (wire: Wire) => void = (wire) => wire.cut();
  online = true;
  visible = true;
  jitter = 0.5;
  readonly #hints = new Set<(hint: Hint) => void>();

  readonly runtime: Runtime = {
    clock: this.clock,
    openSocket: (_url, protocols, handlers) => {
      const wire = new Wire(handlers, protocols);
      this.wires.push(wire);
      this.dialled(wire);
      return wire.client;
    },
    random: () => this.jitter,
    online: () => this.online,
    visible: () => this.visible,
    hints: (f) => {
      this.#hints.add(f);
      return () => this.#hints.delete(f);
    },
  };

  hint(hint: Hint): void {
    for (const f of [...this.#hints]) f(hint);
  }
}

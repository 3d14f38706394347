import { Steady } from "./steady.ts";

/** Time as the client uses it. */
export interface Clock {
  /** Milliseconds since 1970, by this machine: it may be set back or forward at any moment. */
  now(): number;
  /** Milliseconds since some moment, with the machine's sleep in it. It never goes back: what is old is measured by it. */
  elapsed(): number;
  setTimeout(f: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** What a socket tells. After `closed` nothing more comes. */
export interface SocketHandlers {
  opened(protocol: string): void;
  /** An `ArrayBuffer`, or what a server should not have sent. */
  message(data: unknown): void;
  closed(): void;
}

/** A WebSocket, as far as the client needs one. */
export interface Socket {
  send(message: Uint8Array<ArrayBuffer>): void;
  close(code: number): void;
}

export type OpenSocket = (url: string, protocols: readonly string[], handlers: SocketHandlers) => Socket;

/**
 * What the browser says about the world around the page. None of it is believed, it only makes the client look:
 *
 * - `online`: there is a network again: dial now
 * - `offline`: it is said to be gone: ask the bank whether it is there
 * - `wake`: the page is seen again, or the machine has slept: the same, and what is old is not called fresh
 */
export type Hint = "online" | "offline" | "wake";

/** What is different in a test. */
export interface Runtime {
  readonly clock: Clock;
  readonly openSocket: OpenSocket;
  /** From 0, inclusive, to 1: for jitter. */
  random(): number;
  /** Whether the browser believes that there is a network. */
  online(): boolean;
  /** Whether somebody may be looking at the page. */
  visible(): boolean;
  /** Calls `f` with each hint; returns what ends that. */
  hints(f: (hint: Hint) => void): () => void;
}

/** How often a page that is seen looks whether its machine has slept, and how late it must be to say so. */
const lookMs = 2_000;
const sleptMs = 3_000;

const steady = new Steady(
  () => Date.now(),
  () => performance.now(),
);

/** The browser's. */
export const browserRuntime: Runtime = {
  clock: {
    now: () => Date.now(),
    elapsed: () => steady.elapsed(),
    setTimeout: (f, ms) => setTimeout(f, ms),
    clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  },
  openSocket(url, protocols, handlers) {
    const socket = new WebSocket(url, [...protocols]);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => handlers.opened(socket.protocol);
    socket.onmessage = (event: MessageEvent<unknown>) => handlers.message(event.data);
    socket.onclose = () => handlers.closed();
    return {
      send: (message) => socket.send(message),
      close: (code) => socket.close(code),
    };
  },
  random: () => Math.random(),
  online: () => navigator.onLine,
  visible: () => document.visibilityState === "visible",
  hints(f) {
    const listening = new AbortController();
    const { signal } = listening;
    window.addEventListener("online", () => f("online"), { signal });
    window.addEventListener("offline", () => f("offline"), { signal });
    window.addEventListener("pageshow", () => f("wake"), { signal });
    document.addEventListener("resume", () => f("wake"), { signal }); // of a page that the browser had frozen
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && f("wake"), { signal });
    // A machine that wakes under a page that is seen fires no event, and the page's timers wait as if nothing was.
    let lookedMs = steady.elapsed();
    const looking = setInterval(() => {
      const lateMs = steady.elapsed() - lookedMs - lookMs;
      lookedMs += lookMs + lateMs;
      if (lateMs >= sleptMs && document.visibilityState === "visible") f("wake");
    }, lookMs);
    return () => {
      listening.abort();
      clearInterval(looking);
    };
  },
};

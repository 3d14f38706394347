import type { Account, Device, Leg, Role } from "../gen/caudal/v1/caudal_pb.ts";
import type { Link } from "./link.ts";
import type { Order } from "./order.ts";

/** Who is signed in. */
export interface Session {
  readonly username: string;
  /** The holder's name. */
  readonly owner: string;
  readonly role: Role;
  /** The one of this browser. */
  readonly device: Device;
}

/** The channel as it stands, for people who want to look at it. */
export interface ChannelInfo {
  /** The Noise protocol name. */
  readonly suite: string;
  readonly bankName: string;
  /** The bank's Ed25519 key, 32 bytes. */
  readonly identity: Uint8Array;
  readonly fingerprint: string;
  /** Names this connection, 32 bytes. */
  readonly channelHash: Uint8Array;
  /** End of the channel certificate. */
  readonly notAfterMs: number;
  /** Nothing was remembered of this bank before this connection. */
  readonly firstContact: boolean;
  /** The bank has changed its identity, and the old one has vouched for the new one, on this connection. */
  readonly pinMoved: boolean;
  /** Who computed ML-KEM-768: the browser, or the library that the page brings. */
  readonly mlkem: "webcrypto" | "library";
  /** Records, in this direction and the other; and how often a key has changed. */
  readonly sealed: number;
  readonly opened: number;
  readonly rekeys: number;
  readonly lastRekeyMs?: number | undefined;
  readonly connectedAtMs: number;
  /** The last round trip of a ping, in milliseconds. */
  readonly rttMs?: number | undefined;
}

/** What a client tells, by kind. */
export interface Events {
  link: Link;
  session: Session | undefined;
  /** One account has changed. */
  account: Account;
  /** All accounts: after sign-in, after each subscription, and when one is opened. */
  accounts: Account[];
  /** The next leg of an account, in the order of `seq`, without gaps or doubles; `fresh`: it happened while live. */
  leg: { readonly account: string; readonly leg: Leg; readonly fresh: boolean };
  /** Too many legs are missing to be told one by one: whoever shows legs reads the history again. */
  skipped: { readonly account: string };
  devices: Device[];
  order: Order;
  /** An order was dismissed, here or in another tab. */
  dismissed: { readonly key: string };
  /** The bank's history contradicts what was seen before: show it loudly. */
  diverged: { readonly account: string };
  channel: ChannelInfo;
  /** The estimate of the bank's clock has moved. */
  clock: undefined;
}

type Listener<K extends keyof Events> = (event: Events[K]) => void;

/** Calls listeners in the order in which they came. One that throws stops nobody else: its error is thrown later, alone. */
export class Emitter {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  /** Returns what takes the listener away again. */
  on<K extends keyof Events>(kind: K, listener: Listener<K>): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners);
    const own: Listener<K> = (event) => listener(event); // the same function may listen twice
    listeners.add(own);
    return () => {
      listeners.delete(own);
    };
  }

  emit<K extends keyof Events>(kind: K, event: Events[K]): void {
    for (const listener of [...(this.#listeners.get(kind) ?? [])]) {
      try {
        (listener as Listener<K>)(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

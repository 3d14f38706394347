import type { ChannelError } from "../channel/index.ts";
import type { StoreError } from "./errors.ts";

/**
 * Why a link was lost, or not made:
 *
 * - `offline`: the browser says that there is no network
 * - `network`: the socket could not be opened, or ended without a close record
 * - `silent`: nothing came for two and a half heartbeats, or in the time that a handshake or an answer may take; a page that
 *   is seen, or has slept, does not wait that long
 * - `refused`: the bank takes no more connections or sign-ins now
 * - `draining`: the bank stops, and has said when to come back
 * - `closed`: the bank closed it for another reason that means "connect again", such as age
 * - `bad_record`: what came was altered on the way, or is not what the protocol has
 */
export type CutReason = "offline" | "network" | "silent" | "refused" | "draining" | "closed" | "bad_record";

/** Why a link will not come back by itself. */
export type StopReason =
  /** The bank presented another identity than the one remembered (fingerprints). Nothing was sent to it. */
  | { readonly code: "identity_changed"; readonly pinned: string; readonly offered: string }
  /** The certificate or the handshake was refused, or this browser cannot make a channel. */
  | { readonly code: "channel"; readonly error: ChannelError }
  | { readonly code: "device_revoked" }
  | { readonly code: "user_closed" }
  | { readonly code: "logged_out" }
  /** This program and the bank speak different versions: a newer page may be there. */
  | { readonly code: "version" }
  /** The bank closed with another code that means "do not connect again" (PROTOCOL.md, section 9). */
  | { readonly code: "protocol"; readonly closeCode: number }
  /** What this client must remember could not be read or written. */
  | { readonly code: "store"; readonly error: StoreError }
  /** `close()` was called, or `start()` has not been yet. */
  | { readonly code: "closed" };

/** Whether there is a connection to the bank. */
export type Link =
  | { readonly kind: "connecting"; readonly attempt: number }
  /** The channel is up, hello is answered, and the bank was heard from within two and a half heartbeats. */
  | { readonly kind: "live" }
  /** `retryAtMs` by `Date.now()`. */
  | { readonly kind: "waiting"; readonly attempt: number; readonly retryAtMs: number; readonly why: CutReason }
  /** Nobody is signed in here and no device can: the bank keeps no such connection. The next call that needs one dials. */
  | { readonly kind: "idle" }
  | { readonly kind: "stopped"; readonly why: StopReason };

import { type Channel, ChannelError, type ClientHandshake, equal, fingerprint, IdentityChangedError } from "../channel/index.ts";
import type { Bytes } from "../channel/index.ts";
import { Setback, Stop } from "./failure.ts";
import type { Founding } from "./founding.ts";
import type { Store } from "./store.ts";

/** A channel to the bank that this client remembers, or remembers from now on. */
export interface Trusted {
  readonly channel: Channel;
  readonly firstContact: boolean;
  readonly founding: Founding;
}

/**
 * Ends the handshake and decides whether who speaks is the bank, before anything else is said:
 *
 *     remembered, and the same      go on
 *     remembered, and its successor move the pin, say so, go on
 *     remembered, and another       stop: identity_changed
 *     nothing remembered            remember it, say so, go on
 *
 * What is remembered is read here each time, because another tab may have changed it. Throws `Stop` and `Setback`, and the
 * reason of `signal`, after which nothing is remembered any more: the pin may have been forgotten meanwhile.
 */
export async function trust(
  store: Store,
  bank: string,
  handshake: ClientHandshake,
  message2: Bytes,
  nowMs: number,
  signal: AbortSignal,
): Promise<Trusted> {
  const pin = await store.readPin(bank);
  const channel = await finish(handshake, message2, nowMs, pin?.identity);
  const unchanged = channel.predecessor === undefined && pin?.moved !== true;
  const founding = unchanged ? channel.identity : undefined;
  signal.throwIfAborted();
  if (pin === undefined) {
    const stands = await store.addPin(bank, { identity: channel.identity, sinceMs: nowMs });
    await require(channel, stands.identity); // another tab may have met somebody else meanwhile
    return { channel, firstContact: true, founding };
  }
  if (channel.pinMoved && !(await store.movePin(bank, pin.identity, channel.identity))) {
    const stands = await store.readPin(bank);
    if (stands === undefined) throw new Setback("closed"); // another tab has forgotten it: met anew with the next dial
    await require(channel, stands.identity); // another tab has moved it
  }
  return { channel, firstContact: false, founding };
}

async function require(channel: Channel, pinned: Uint8Array): Promise<void> {
  if (equal(channel.identity, pinned)) return;
  const remembered = await fingerprint(new Uint8Array(pinned));
  throw new Stop({ code: "identity_changed", pinned: remembered, offered: channel.fingerprint });
}

async function finish(handshake: ClientHandshake, message2: Bytes, nowMs: number, pin?: Uint8Array): Promise<Channel> {
  try {
    return await handshake.finish(message2, { nowMs, pin });
  } catch (error) {
    throw channelFailure(error);
  }
}

/**
 * What becomes of a link whose handshake failed. What somebody on the way can do is tried again; what the bank itself has
 * proven, or this browser cannot do, is not.
 */
export function channelFailure(error: unknown): unknown {
  if (error instanceof IdentityChangedError) {
    return new Stop({ code: "identity_changed", pinned: error.pinned, offered: error.presented });
  }
  if (!(error instanceof ChannelError)) return error;
  const { code } = error;
  if (code === "unavailable") return new Setback("network");
  if (code === "unsupported" || code === "config" || code.startsWith("certificate_")) {
    return new Stop({ code: "channel", error });
  }
  return new Setback("bad_record");
}

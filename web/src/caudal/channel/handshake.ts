import type { Bytes } from "./bytes.ts";
import { checkCertificate } from "./certificate-check.ts";
import { Channel } from "./channel.ts";
import { asChannelError } from "./errors.ts";
import { freshKeys, Initiator, type Source } from "./initiator.ts";
import { suiteOf } from "./suite.ts";

/** The offer that the socket was opened with. */
export interface HandshakeOptions {
  /** The WebSocket subprotocols offered, in order, byte for byte. */
  readonly offered: readonly string[];
  /** The one that the bank chose: `WebSocket.protocol`. */
  readonly chosen: string;
  /** Ephemeral keys; only tests have their own. */
  readonly source?: Source;
}

/** How message 2 is judged. */
export interface FinishOptions {
  /** Milliseconds since 1970, for the certificate. */
  readonly nowMs: number;
  /**
   * The identity remembered of this bank, 32 bytes. Absent at the first contact: then any bank is accepted that proves
   * an identity, and whoever calls asks the person, or remembers `channel.identity`.
   */
  readonly pin?: Uint8Array | undefined;
  /** Dates the rekeyings; `Date.now` where there is none. */
  readonly clock?: () => number;
}

/** A handshake that waits for message 2. */
export interface ClientHandshake {
  /** The first message for the socket: 1,216 bytes, or 32 in the classic suite. */
  readonly message1: Bytes;
  /**
   * Takes message 2, the first from the bank, and makes every check. Whatever comes of it, the handshake is used up.
   * Rejects with a `ChannelError` that says which check failed; nothing of the bank is to be believed then, and the
   * socket is to be closed.
   */
  finish(message2: Bytes, options: FinishOptions): Promise<Channel>;
}

/**
 * Begins a channel on a socket that has just opened. There is no way from the hybrid suite to the classic one: the suite
 * is the one chosen among those offered, and both are part of the handshake. Rejects with `config`, `unsupported`,
 * `unavailable`, `engine`.
 */
export async function startHandshake(options: HandshakeOptions): Promise<ClientHandshake> {
  const suite = suiteOf(options.chosen);
  const initiator = await naming(Initiator.start(suite, options.offered, options.source ?? freshKeys));
  const finish = async (message2: Bytes, { nowMs, pin, clock = Date.now }: FinishOptions): Promise<Channel> => {
    const agreed = await initiator.readMessage2(message2);
    const bank = await checkCertificate(agreed.certificate, { staticKey: agreed.staticKey, nowMs, pin });
    return new Channel({ suite, mlkem: initiator.mlkem, agreed, bank, clock });
  };
  return { message1: initiator.message1, finish: (message2, judged) => naming(finish(message2, judged)) };
}

/** Lets every failure be a `ChannelError`. */
function naming<T>(step: Promise<T>): Promise<T> {
  return step.catch((cause: unknown) => Promise.reject(asChannelError(cause, "WebCrypto did not make the handshake")));
}

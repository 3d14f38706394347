import type { Bytes } from "./bytes.ts";
import type { Bank } from "./certificate-check.ts";
import { rekeysAfter } from "./cipher-state.ts";
import type { Agreed } from "./initiator.ts";
import type { MLKEMProvider } from "./mlkem.ts";
import { Opener } from "./opener.ts";
import type { Opened } from "./record.ts";
import { Sealer } from "./sealer.ts";
import type { Suite } from "./suite.ts";

/** What a channel is made of, once the certificate has passed. */
export interface ChannelParts {
  readonly suite: Suite;
  readonly mlkem: MLKEMProvider | undefined;
  readonly agreed: Pick<Agreed, "hash" | "sending" | "opening">;
  readonly bank: Bank;
  /** Milliseconds since 1970. It dates the rekeyings and decides nothing. */
  readonly clock: () => number;
}

/**
 * The client's side of an established channel: a body in, one message for the socket out, and the other way round. What
 * was sealed is to be sent in the order of the calls; what arrives is to be opened in its order. `channelHash` names this
 * very connection; it is no secret.
 */
export class Channel {
  readonly suite: Suite;
  /** Who computed ML-KEM-768; `undefined` in the classic suite. */
  readonly mlkem: MLKEMProvider | undefined;
  /** The Noise handshake hash, 32 bytes. */
  readonly channelHash: Bytes;
  readonly bank: Bank;
  readonly #clock: () => number;
  readonly #sealer: Sealer;
  readonly #opener: Opener;
  #rekeysSeen: number;
  #lastRekeyMs: number | undefined;

  constructor(parts: ChannelParts) {
    this.suite = parts.suite;
    this.mlkem = parts.mlkem;
    this.channelHash = parts.agreed.hash;
    this.bank = parts.bank;
    this.#clock = parts.clock;
    this.#sealer = new Sealer(parts.agreed.sending);
    this.#opener = new Opener(parts.agreed.opening);
    this.#rekeysSeen = this.rekeys;
  }

  /** The bank's identity, 32 bytes. */
  get identity(): Bytes {
    return this.bank.identity;
  }

  get bankName(): string {
    return this.bank.name;
  }

  /** The identity for people: 11 groups of 5. */
  get fingerprint(): string {
    return this.bank.fingerprint;
  }

  /** When the channel certificate ends, in milliseconds since 1970. The channel itself outlives it. */
  get notAfterMs(): number {
    return this.bank.notAfterMs;
  }

  /** The identity that the bank had before, 32 bytes, where the certificate names one. */
  get predecessor(): Bytes | undefined {
    return this.bank.predecessor;
  }

  /** The pin was the predecessor: remember `identity` from now on, and say so. */
  get pinMoved(): boolean {
    return this.bank.pinMoved;
  }

  /** Records sealed, close record included. */
  get sealed(): number {
    return this.#sealer.state.records;
  }

  /** Records opened, close record included. */
  get opened(): number {
    return this.#opener.delivered;
  }

  /** How often a key has changed, both directions together. */
  get rekeys(): number {
    return rekeysAfter(this.sealed) + rekeysAfter(this.opened);
  }

  /** When a key changed last, in milliseconds since 1970; `undefined` before the first time. */
  get lastRekeyMs(): number | undefined {
    return this.#lastRekeyMs;
  }

  /**
   * One data record with `body` (0 to `maxBody` bytes), which is copied at once. The promises of many calls settle in
   * their order. Rejects with `too_large`, and the channel goes on; after a record that did not open with that error;
   * after `sealClose` with `closed`.
   */
  seal(body: Uint8Array): Promise<Bytes> {
    const sealed = this.#sealer.seal(body);
    this.#noteRekeys();
    return sealed;
  }

  /**
   * The close record, the last that this side makes; `code` as in PROTOCOL.md, section 9. It is made even where a record
   * did not open, so that the bank can be told.
   */
  sealClose(code: number): Promise<Bytes> {
    const sealed = this.#sealer.sealClose(code);
    this.#noteRekeys();
    return sealed;
  }

  /**
   * What the next message says. Many calls may be under way: they settle in their order. `message` must not change until
   * then. The first that fails (`record_malformed`, `record_authentication`) kills the channel: each later `open` and
   * `seal` rejects with the same error. After a close record every `open` rejects with `closed`.
   */
  open(message: Bytes): Promise<Opened> {
    return this.#opener.open(message).then(
      (opened) => {
        this.#noteRekeys();
        return opened;
      },
      (error: unknown) => {
        if (this.#opener.failure !== undefined) this.#sealer.refuse(this.#opener.failure);
        throw error;
      },
    );
  }

  #noteRekeys(): void {
    const { rekeys } = this;
    if (rekeys === this.#rekeysSeen) return;
    this.#rekeysSeen = rekeys;
    this.#lastRekeyMs = this.#clock();
  }
}

import type { Bytes } from "./bytes.ts";
import { type CipherState, encrypt } from "./cipher-state.ts";
import { asChannelError, ChannelError } from "./errors.ts";
import { closePlaintext, dataPlaintext } from "./record.ts";

/**
 * The sending direction. A record gets its number when it is asked for; many may be under way, and their promises are
 * kept in the order of the calls.
 */
export class Sealer {
  #last: Promise<unknown> = Promise.resolve();
  #refusal: ChannelError | undefined; // of data
  #end: ChannelError | undefined; // of everything

  constructor(readonly state: CipherState) {}

  /** One message with `body`, which is copied at once. Rejects with `too_large`, which changes nothing, or why it is dead. */
  seal(body: Uint8Array): Promise<Bytes> {
    const end = this.#end ?? this.#refusal;
    if (end !== undefined) return Promise.reject(end);
    try {
      return this.#queue(dataPlaintext(body));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The close record, this side's last. It is made even after `refuse`, so that the peer can be told. Rejects with a
   * `RangeError`, which changes nothing, where the code has no place in 16 bits, or why it is dead.
   */
  sealClose(code: number): Promise<Bytes> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    try {
      const sealed = this.#queue(closePlaintext(code));
      this.#end = new ChannelError("closed", "nothing follows a close record");
      this.state.drop();
      return sealed;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** From now on no data is sealed; the first reason stays. */
  refuse(reason: ChannelError): void {
    this.#refusal ??= reason;
  }

  #queue(plaintext: Bytes): Promise<Bytes> {
    const { key, counter } = this.#next();
    const sealed = key.then((ready) => encrypt(ready, counter, plaintext));
    sealed.catch(() => undefined); // told below, in its turn
    const inTurn = this.#last.then(() => sealed).catch((cause: unknown) => Promise.reject(this.#die(cause)));
    this.#last = inTurn;
    return inTurn;
  }

  #next() {
    try {
      return this.state.next();
    } catch (cause) {
      throw this.#die(cause);
    }
  }

  #die(cause: unknown): ChannelError {
    const reason = asChannelError(cause, "WebCrypto did not seal");
    if (this.#end === undefined || this.#end.code === "closed") this.#end = reason;
    this.state.drop();
    return this.#end;
  }
}

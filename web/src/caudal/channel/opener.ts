import type { Bytes } from "./bytes.ts";
import { type CipherState, decrypt } from "./cipher-state.ts";
import { asChannelError, ChannelError } from "./errors.ts";
import { checkRecordLength, type Opened, readPlaintext } from "./record.ts";

/**
 * The receiving direction. A record takes its number when it is handed in; many may be under way, and what they say is
 * delivered in that order. The first that does not open ends the direction for good.
 */
export class Opener {
  #last: Promise<unknown> = Promise.resolve();
  #end: ChannelError | undefined;
  #failure: ChannelError | undefined;
  #delivered: number;

  constructor(readonly state: CipherState) {
    this.#delivered = state.records;
  }

  /** How many records of this direction have been opened. */
  get delivered(): number {
    return this.#delivered;
  }

  /** What ended the direction, where it was not the peer's close record. */
  get failure(): ChannelError | undefined {
    return this.#failure;
  }

  /** What the message says; it must not change until then. Rejects with `record_...`, `exhausted`, `closed`, `engine`. */
  open(message: Bytes): Promise<Opened> {
    const decrypted = this.#decrypt(message);
    decrypted.catch(() => undefined); // told below, in its turn
    const inTurn = this.#last.then(() => this.#deliver(decrypted));
    this.#last = inTurn.catch(() => undefined);
    return inTurn;
  }

  async #decrypt(message: Bytes): Promise<Bytes> {
    if (this.#end !== undefined) throw this.#end;
    checkRecordLength(message.length);
    const { key, counter } = this.state.next();
    const plaintext = await decrypt(await key, counter, message);
    if (plaintext === undefined) {
      throw new ChannelError("record_authentication", `record ${counter} was altered, or is not the next one`);
    }
    return plaintext;
  }

  async #deliver(decrypted: Promise<Bytes>): Promise<Opened> {
    if (this.#end !== undefined) throw this.#end;
    try {
      const opened = readPlaintext(await decrypted);
      this.#delivered++;
      if (opened.type === "close") this.#finish(new ChannelError("closed", "nothing follows a close record"));
      return opened;
    } catch (cause) {
      this.#failure = asChannelError(cause, "WebCrypto did not open");
      this.#finish(this.#failure);
      throw this.#failure;
    }
  }

  #finish(end: ChannelError): void {
    this.#end = end;
    this.state.drop();
  }
}

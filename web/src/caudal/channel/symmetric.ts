import { type Bytes, concat, utf8, wipe } from "./bytes.ts";
import { CipherState, decrypt, encrypt, importKey } from "./cipher-state.ts";
import { ChannelError } from "./errors.ts";
import { hashSize, hkdf2, sha256 } from "./hash.ts";

/**
 * Noise's SymmetricState (revision 34, section 5.2). One call at a time. After `split` or `wipe` it mixes, encrypts and
 * decrypts no more but throws a `TypeError`: without its key it would take whatever comes for a plaintext.
 */
export class Symmetric {
  #hash: Bytes;
  #chainingKey: Bytes;
  #over = false;
  #key: CryptoKey | undefined;
  #counter = 0;

  private constructor(hash: Bytes) {
    this.#hash = hash;
    this.#chainingKey = hash.slice();
  }

  /** Starts from the protocol name (padded where it fits into a hash, else hashed) and the prologue. */
  static async start(protocolName: string, prologue: Bytes): Promise<Symmetric> {
    const name = utf8(protocolName);
    const hash = name.length <= hashSize ? concat(name, new Uint8Array(hashSize - name.length)) : await sha256(name);
    const symmetric = new Symmetric(hash);
    await symmetric.mixHash(prologue);
    return symmetric;
  }

  /** The handshake hash so far; it is no secret. */
  get hash(): Bytes {
    return this.#hash.slice();
  }

  async mixHash(data: Bytes): Promise<void> {
    this.#hash = await sha256(concat(this.#hash, data));
  }

  /** Takes `secret` over and wipes it. */
  async mixKey(secret: Bytes): Promise<void> {
    this.#mustRun();
    const [chainingKey, key] = await hkdf2(this.#chainingKey, secret);
    wipe(secret, this.#chainingKey);
    this.#chainingKey = chainingKey;
    this.#key = await importKey(key);
    this.#counter = 0;
  }

  /** What goes on the wire for `plaintext`: itself as long as there is no key, else encrypted. */
  async encryptAndHash(plaintext: Bytes): Promise<Bytes> {
    this.#mustRun();
    const key = this.#key;
    const out = key === undefined ? plaintext : await encrypt(key, this.#counter++, plaintext, this.#hash);
    await this.mixHash(out);
    return out;
  }

  /** Throws `handshake_authentication` where the data was not made for this place. */
  async decryptAndHash(data: Bytes): Promise<Bytes> {
    this.#mustRun();
    const key = this.#key;
    const out = key === undefined ? data : await decrypt(key, this.#counter++, data, this.#hash);
    if (out === undefined) {
      throw new ChannelError(
        "handshake_authentication",
        "the handshake was altered on the way, or is not for this client",
      );
    }
    await this.mixHash(data);
    return out;
  }

  /** Ends the handshake: one cipher state a direction, client to bank first. The chaining key is wiped. */
  async split(): Promise<[CipherState, CipherState]> {
    this.#mustRun();
    const [first, second] = await hkdf2(this.#chainingKey, new Uint8Array(0));
    this.wipe();
    const [toBank, toClient] = await Promise.all([importKey(first), importKey(second)]);
    return [new CipherState(toBank), new CipherState(toClient)];
  }

  /** Forgets the secrets and keeps the hash. */
  wipe(): void {
    wipe(this.#chainingKey);
    this.#key = undefined;
    this.#over = true;
  }

  #mustRun(): void {
    if (this.#over) throw new TypeError("the handshake is over");
  }
}

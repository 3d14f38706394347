import { type Bytes, wipe } from "./bytes.ts";
import { ChannelError } from "./errors.ts";

/** Length of a symmetric key, in bytes. */
export const keySize = 32;
/** What a ciphertext is longer than its plaintext, in bytes. */
export const tagSize = 16;
/** After how many records a direction takes its next key. PROTOCOL.md, section 4. */
export const rekeyInterval = 2 ** 16;

/**
 * The last counter that a number counts exactly. The protocol would allow 2^64-2; a connection of 24 hours at a million
 * records a second is a hundred thousand times below this one.
 */
export const maxCounter = Number.MAX_SAFE_INTEGER - 1;

const nonceSize = 12;
const algorithm = "AES-GCM";
const noData = new Uint8Array(0);

/** Imports an AES-256-GCM key that no script can read back, and wipes `key`. It can encrypt too, which a rekeying takes. */
export async function importKey(key: Bytes): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("raw", key, algorithm, false, ["encrypt", "decrypt"]);
  } finally {
    wipe(key);
  }
}

/** The nonce of a counter: four zero bytes, and the counter big endian (Noise, section 12.4). */
function nonceOf(counter: number): Bytes {
  const nonce = new Uint8Array(nonceSize);
  const view = new DataView(nonce.buffer);
  view.setUint32(4, Math.floor(counter / 2 ** 32));
  view.setUint32(8, counter % 2 ** 32);
  return nonce;
}

/** Ciphertext and tag of `plaintext` under the key's message number `counter`. */
export async function encrypt(key: CryptoKey, counter: number, plaintext: Bytes, data = noData): Promise<Bytes> {
  const parameters = { name: algorithm, iv: nonceOf(counter), additionalData: data };
  return new Uint8Array(await crypto.subtle.encrypt(parameters, key, plaintext));
}

/** The plaintext, or `undefined` where this key, counter and data did not make the ciphertext. */
export async function decrypt(
  key: CryptoKey,
  counter: number,
  ciphertext: Bytes,
  data = noData,
): Promise<Bytes | undefined> {
  if (ciphertext.length < tagSize) return undefined;
  const parameters = { name: algorithm, iv: nonceOf(counter), additionalData: data };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, ciphertext));
  } catch (cause) {
    // A wrong tag is this error and no other (Web Cryptography, AES-GCM, "Decrypt").
    if (cause instanceof DOMException && cause.name === "OperationError") return undefined;
    throw cause;
  }
}

/** REKEY (Noise, sections 4.2 and 11.3): the key becomes the first half of what it makes of zeros at counter 2^64-1. */
async function rekey(key: CryptoKey): Promise<CryptoKey> {
  const nonce = new Uint8Array(nonceSize).fill(0xff, 4);
  const zeros = new Uint8Array(keySize);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: algorithm, iv: nonce }, key, zeros));
  try {
    return await importKey(sealed.slice(0, keySize));
  } finally {
    wipe(sealed);
  }
}

/** How often the key of a direction has changed after so many records. */
export function rekeysAfter(records: number): number {
  return Math.floor(records / rekeyInterval);
}

/** Key and counter of one record, handed out once. */
export interface RecordKey {
  readonly key: Promise<CryptoKey>;
  readonly counter: number;
}

/**
 * One direction of a channel: its key, which changes after every 2^16 records, and the counter that is the nonce.
 * Counters are handed out at the call, so that many records can be under way at once and none shares its nonce.
 */
export class CipherState {
  #key: Promise<CryptoKey> | undefined;
  #counter: number;

  /** Takes over `key`; the first record has the number `counter`, which is 0 but in tests. */
  constructor(key: CryptoKey, counter = 0) {
    this.#key = Promise.resolve(key);
    this.#counter = counter;
  }

  /** How many records have been given their numbers. */
  get records(): number {
    return this.#counter;
  }

  /** The key and number of the next record. Throws `exhausted` where there is none, a `TypeError` after `drop`. */
  next(): RecordKey {
    const key = this.#key;
    if (key === undefined) throw new TypeError("the key of this direction has been dropped");
    if (this.#counter > maxCounter) throw new ChannelError("exhausted", "the counters of this direction are used up");
    const next = { key, counter: this.#counter };
    this.#counter++;
    if (this.#counter % rekeyInterval === 0) {
      this.#key = key.then(rekey);
      this.#key.catch(() => undefined); // whoever awaits the key is told
    }
    return next;
  }

  /** Forgets the key: there is nothing left that it may do. Records that have theirs already go on. */
  drop(): void {
    this.#key = undefined;
  }
}

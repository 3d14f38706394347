const keyBytes = 16;
const counterMax = 0xfff;
/** How far keys may run ahead of the clock to keep growing: far below the ten minutes that a bank tolerates. */
const aheadMaxMs = 60_000;

/** Makes idempotency keys that grow: UUIDv7 (RFC 9562, section 5.7) with a counter (section 6.2, method 1). */
export class KeyMint {
  #lastMs = 0;
  #counter = 0;

  /** A new key, dated by the bank's clock. */
  mint(bankNowMs: number): string {
    const bytes = crypto.getRandomValues(new Uint8Array(keyBytes));
    const view = new DataView(bytes.buffer);
    // Anywhere below half, so that there is room to count within the millisecond.
    const start = view.getUint16(6) & (counterMax >> 1);
    const nowMs = Math.max(0, Math.floor(bankNowMs));
    if (nowMs > this.#lastMs || this.#lastMs - nowMs > aheadMaxMs) {
      this.#lastMs = nowMs;
      this.#counter = start;
    } else if (this.#counter === counterMax) {
      this.#lastMs++;
      this.#counter = start;
    } else {
      this.#counter++;
    }
    view.setUint16(0, Math.floor(this.#lastMs / 2 ** 32));
    view.setUint32(2, this.#lastMs % 2 ** 32);
    view.setUint16(6, 0x7000 | this.#counter);
    view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
    return keyText(bytes);
  }
}

/** The usual 36 characters. */
function keyText(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The 16 bytes of a key in text. Throws a `TypeError` for anything but a UUIDv7 in lower case. */
export function parseKey(text: string): Uint8Array {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text)) {
    throw new TypeError("an idempotency key is a UUID of version 7");
  }
  const hex = text.replaceAll("-", "");
  return Uint8Array.from({ length: keyBytes }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** Bytes of their own memory, as WebCrypto takes and gives them: never a view of shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The bytes of all parts, in order, in a new array. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Whether both hold the same bytes, in a time that depends on the lengths alone. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [i, byte] of a.entries()) difference |= byte ^ (b[i] ?? 0);
  return difference === 0;
}

/** Overwrites secrets. What the engine copied elsewhere stays: this shortens their life, it does not end it. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** A label of this protocol: its text, and the zero byte that keeps one label from being the beginning of another. */
export function label(text: string): Bytes {
  return concat(utf8(text), u8(0));
}

// Whole numbers, big endian. What does not fit is a `RangeError`: cut to size, two numbers would be hashed as one.

/** One byte; `n` 0 to 255. */
export function u8(n: number): Bytes {
  return Uint8Array.of(fitting(n, 1));
}

/** Two bytes; `n` 0 to 2^16-1. */
export function u16(n: number): Bytes {
  fitting(n, 2);
  return Uint8Array.of(n >>> 8, n);
}

/** Four bytes; `n` 0 to 2^32-1. */
export function u32(n: number): Bytes {
  fitting(n, 4);
  return Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
}

function fitting(n: number, size: number): number {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** (8 * size)) throw new RangeError(`${n} does not fit ${size} bytes`);
  return n;
}

/** Eight bytes; `n` -2^63 to 2^64-1, a negative one as its two's complement, so that it serves i64 too. */
export function u64(n: bigint): Bytes {
  if (n < -(2n ** 63n) || n >= 2n ** 64n) throw new RangeError(`${n} does not fit 8 bytes`);
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigInt64(0, BigInt.asIntN(64, n));
  return out;
}

/** Lower case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += byte.toString(16).padStart(2, "0");
  return out;
}

/** Reads hexadecimal of either case; throws a `RangeError` where the text is anything else. */
export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) throw new RangeError("not hexadecimal");
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

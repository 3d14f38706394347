/** Base32 of RFC 4648, in the capitals and digits that the bank's own fingerprint has too. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const printBytes = 10; // 80 bits: 16 characters, more than anybody can find a second key for while somebody compares
const groupSize = 4;

/**
 * keyPrint returns the fingerprint of a device's public key, for a person to compare: base32 of the first 10 bytes of its
 * SHA-256, in 4 groups of 4 joined by "-".
 */
export async function keyPrint(publicKey: Uint8Array): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(publicKey)));
  const text = base32(sum.subarray(0, printBytes));
  return grouped(text, groupSize).join('-');
}

function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) {
      text += alphabet.charAt((value >> (bits - 5)) & 31);
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet.charAt((value << (5 - bits)) & 31) : text;
}

/** grouped cuts a text into groups of size characters; the last may be shorter. */
export function grouped(text: string, size: number): string[] {
  const groups: string[] = [];
  for (let at = 0; at < text.length; at += size) {
    groups.push(text.slice(at, at + size));
  }
  return groups;
}

/** hex writes bytes as lower-case digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

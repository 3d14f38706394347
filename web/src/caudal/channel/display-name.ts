/** Longest name of a bank, in bytes. */
const maxName = 128;

/** Cc (controls), Cf (bidi, zero width), Co (private use), Zl, Zp, and Zs but for U+0020: what cannot be seen. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/**
 * Reads a bank's display name from UTF-8; `undefined` for one that could deceive a reader: empty, above 128 bytes, not
 * UTF-8, with a space at either end, or with a character that cannot be seen. PROTOCOL.md, section 3.
 */
export function readDisplayName(raw: Uint8Array): string | undefined {
  if (raw.length === 0 || raw.length > maxName) return undefined;
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return undefined;
  }
  return name.startsWith(" ") || name.endsWith(" ") || unseen.test(name) ? undefined : name;
}

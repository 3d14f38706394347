import { type Bytes, concat, equal, label } from "./bytes.ts";
import { ed25519Size, usableKey } from "./ed25519.ts";
import { ChannelError } from "./errors.ts";
import { sha256 } from "./hash.ts";

const purpose = label("caudal identity fingerprint v1");
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; // RFC 4648, section 6
const checksumSize = 2;
const characters = 55;
const group = 5;
/** What is looked at: the characters, and a generous number of separators around them. */
const maxText = 256;

/**
 * The text of an identity that people compare (PROTOCOL.md, section 3): base32 of the key and two bytes of checksum, in
 * 11 groups of 5. It holds the whole key, so that comparing fingerprints is comparing keys.
 */
export async function fingerprint(identity: Bytes): Promise<string> {
  const text = toBase32(concat(identity, await checksum(identity)));
  return text.replace(new RegExp(`.{${group}}(?!$)`, "g"), "$&-");
}

/** The identity of a fingerprint, whatever its case, spaces and dashes. Throws `fingerprint_malformed`. */
export async function parseFingerprint(text: string): Promise<Bytes> {
  const malformed = (why: string) => new ChannelError("fingerprint_malformed", `malformed fingerprint: ${why}`);
  if (text.length > maxText) throw malformed("it is too long");
  const compact = text.replace(/[ \-\t\r\n]/g, "").replace(/[a-z]/g, (letter) => letter.toUpperCase());
  if (!/^[A-Z2-7]*$/.test(compact)) throw malformed("only the letters A-Z and the digits 2-7 occur in one");
  if (compact.length !== characters) throw malformed(`it has ${compact.length} characters instead of ${characters}`);
  const raw = fromBase32(compact);
  if (toBase32(raw) !== compact) throw malformed("its last character is wrong");
  const identity = raw.slice(0, ed25519Size);
  if (!equal(raw.slice(ed25519Size), await checksum(identity))) throw malformed("its checksum is wrong");
  if (!usableKey(identity)) throw malformed("it is of no usable key");
  return identity;
}

async function checksum(identity: Bytes): Promise<Bytes> {
  return (await sha256(concat(purpose, identity))).slice(0, checksumSize);
}

function toBase32(bytes: Uint8Array): string {
  let out = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) out += alphabet.charAt((held >>> (bits - 5)) & 31);
    held &= 31;
  }
  return bits > 0 ? out + alphabet.charAt((held << (5 - bits)) & 31) : out;
}

/** Of letters of the alphabet; bits that fill no byte are dropped. */
function fromBase32(text: string): Bytes {
  const out = new Uint8Array(Math.floor((text.length * 5) / 8));
  let at = 0;
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    held = ((held << 5) | alphabet.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = held >>> bits;
    }
  }
  return out;
}

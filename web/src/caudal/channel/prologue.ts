import { type Bytes, concat, u8, utf8 } from "./bytes.ts";
import { ChannelError } from "./errors.ts";

/** Bounds of PROTOCOL.md, section 2: both names of ours and a few experiments fit ten times over. */
const maxOffered = 32;
const maxNameLength = 255;

/**
 * What both sides must have seen alike for the handshake to succeed, so that whoever alters the offer, to get the weaker
 * suite, breaks the handshake: label, names offered, name chosen, each behind its length (PROTOCOL.md, section 2).
 * Throws `config` for an offer out of bounds or a choice that was not offered.
 */
export function prologue(offered: readonly string[], chosen: string): Bytes {
  if (!offered.includes(chosen)) throw new ChannelError("config", "the subprotocol chosen was not offered");
  if (offered.length > maxOffered) throw new ChannelError("config", `more than ${maxOffered} subprotocols offered`);
  return concat(short("caudal channel v1"), u8(offered.length), ...offered.map(short), short(chosen));
}

function short(text: string): Bytes {
  const bytes = utf8(text);
  if (bytes.length === 0 || bytes.length > maxNameLength) {
    throw new ChannelError("config", `a subprotocol of ${bytes.length} bytes`);
  }
  return concat(u8(bytes.length), bytes);
}

import type { Bytes } from "./bytes.ts";
import { readDisplayName } from "./display-name.ts";
import { ed25519Size, signatureSize, usableKey } from "./ed25519.ts";
import { ChannelError } from "./errors.ts";
import { x25519Size } from "./x25519.ts";

/** The old identity's word that another takes its place; its signature is checked by `checkCertificate`. */
export interface Predecessor {
  readonly identity: Bytes;
  readonly signature: Bytes;
}

/** The fields of a channel certificate (PROTOCOL.md, section 3). Reading them proves nothing: see `checkCertificate`. */
export interface Certificate {
  /** Whole seconds since 1970, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The X25519 key that it certifies. */
  readonly staticKey: Bytes;
  /** The bank's display name. */
  readonly name: string;
  /** The bank's Ed25519 key. */
  readonly identity: Bytes;
  readonly predecessor: Predecessor | undefined;
  /** All that is signed, and the signature. */
  readonly body: Bytes;
  readonly signature: Bytes;
}

const version = 1;
const maxExtensions = 8192;
/** The last second of the year 9999. */
const maxTime = 253402300799n;
/** 28 days and an hour: the longest that a client believes in one certificate. */
const maxValidity = 28n * 86400n + 3600n;
const extensionPredecessor = 1;
const extensionCritical = 0x8000;

function malformed(why: string): ChannelError {
  return new ChannelError("certificate_malformed", `malformed channel certificate: ${why}`);
}

/** Reads fields one after another; throws `certificate_malformed` where they run short. */
class Fields {
  #at = 0;
  readonly #view: DataView;

  constructor(readonly raw: Bytes) {
    this.#view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  }

  get left(): number {
    return this.raw.length - this.#at;
  }

  take(length: number): Bytes {
    const start = this.#skip(length);
    return this.raw.slice(start, start + length);
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2));
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#skip(8));
  }

  #skip(length: number): number {
    const start = this.#at;
    if (length > this.left) throw malformed("it is cut off");
    this.#at += length;
    return start;
  }
}

/** Reads the layout. Throws `certificate_malformed`, `certificate_version`, `certificate_critical`. */
export function parseCertificate(raw: Bytes): Certificate {
  if (raw.length === 0) throw malformed("it is empty");
  const fields = new Fields(raw);
  const found = fields.u8();
  if (found !== version) throw new ChannelError("certificate_version", `channel certificate of version ${found}`);
  const notBefore = fields.i64();
  const notAfter = fields.i64();
  const staticKey = fields.take(x25519Size);
  const rawName = fields.take(fields.u8());
  const identity = fields.take(ed25519Size);
  const extensions = fields.take(fields.u16());
  const signature = fields.take(signatureSize);
  if (fields.left !== 0) throw malformed(`${fields.left} bytes follow the signature`);

  if (notBefore < 0n || notAfter > maxTime || notAfter <= notBefore || notAfter - notBefore > maxValidity) {
    throw malformed(`valid from ${notBefore} to ${notAfter}`);
  }
  const name = readDisplayName(rawName);
  if (name === undefined) throw malformed("its display name must not reach a screen");
  if (!usableKey(identity)) throw malformed("its identity is no usable Ed25519 key");
  if (extensions.length > maxExtensions) throw malformed(`${extensions.length} bytes of extensions`);
  return {
    notBefore: Number(notBefore),
    notAfter: Number(notAfter),
    staticKey,
    name,
    identity,
    predecessor: parseExtensions(extensions),
    body: raw.slice(0, raw.length - signatureSize),
    signature,
  };
}

/** Unknown extensions are skipped, unless they are critical. */
function parseExtensions(raw: Bytes): Predecessor | undefined {
  let predecessor: Predecessor | undefined;
  let last = -1;
  for (const fields = new Fields(raw); fields.left > 0;) {
    const type = fields.u16();
    const value = fields.take(fields.u16());
    if (type <= last) throw malformed(`extension ${type} after ${last}`);
    last = type;
    if (type === extensionPredecessor) {
      if (value.length !== ed25519Size + signatureSize) throw malformed(`a predecessor of ${value.length} bytes`);
      predecessor = { identity: value.slice(0, ed25519Size), signature: value.slice(ed25519Size) };
    } else if ((type & extensionCritical) !== 0) {
      throw new ChannelError("certificate_critical", `channel certificate with the unknown critical extension ${type}`);
    }
  }
  return predecessor;
}

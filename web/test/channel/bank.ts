import { type Bytes, concat, label, u16, u64, u8, utf8 } from "../../src/caudal/channel/bytes.ts";
import { Channel } from "../../src/caudal/channel/channel.ts";
import type { Source } from "../../src/caudal/channel/initiator.ts";
import { Opener } from "../../src/caudal/channel/opener.ts";
import { Sealer } from "../../src/caudal/channel/sealer.ts";
import { startHandshake } from "../../src/caudal/channel/handshake.ts";
import { hybrid, type Suite } from "../../src/caudal/channel/suite.ts";
import { generateX25519, type X25519KeyPair } from "../../src/caudal/channel/x25519.ts";
import { encapsulate } from "../vectors/fixed-keys.ts";
import { respond } from "../vectors/responder.ts";

/** The time in tests, milliseconds since 1970. */
export const nowMs = 1_772_366_400_000;

const nowSeconds = nowMs / 1000;

/** An identity: its Ed25519 key pair. */
export interface Identity {
  readonly publicKey: Bytes;
  sign(purpose: string, ...message: Bytes[]): Promise<Bytes>;
}

export async function makeIdentity(): Promise<Identity> {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("not a key pair");
  return {
    publicKey: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)),
    async sign(purpose, ...message) {
      const signed = concat(label(purpose), ...message);
      return new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, signed));
    },
  };
}

/** What a certificate says; what is left out is as in an honest one. */
export interface CertificateFields {
  readonly identity: Identity;
  readonly staticKey: Bytes;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly name?: Bytes;
  readonly extensions?: Bytes;
  /** In place of the identity's own key. */
  readonly claimed?: Bytes;
}

/** A signed channel certificate (PROTOCOL.md, section 3); whether it is a good one is the fields' matter. */
export async function signCertificate(fields: CertificateFields): Promise<Bytes> {
  const name = fields.name ?? utf8("Banco Caudal");
  const extensions = fields.extensions ?? new Uint8Array(0);
  const body = concat(
    u8(1),
    u64(BigInt(fields.notBefore ?? nowSeconds - 3600)),
    u64(BigInt(fields.notAfter ?? nowSeconds + 7 * 86400)),
    fields.staticKey,
    u8(name.length),
    name,
    fields.claimed ?? fields.identity.publicKey,
    u16(extensions.length),
    extensions,
  );
  return concat(body, await fields.identity.sign("caudal channel certificate v1", body));
}

export function extension(type: number, value: Bytes): Bytes {
  return concat(u16(type), u16(value.length), value);
}

/** The extension by which `old` names its successor. */
export async function predecessor(old: Identity, successor: Bytes): Promise<Bytes> {
  const signature = await old.sign("caudal identity successor v1", old.publicKey, successor);
  return extension(1, concat(old.publicKey, signature));
}

/** A bank that answers handshakes. */
export interface TestBank {
  readonly identity: Identity;
  readonly staticKey: X25519KeyPair;
  readonly certificate: Bytes;
}

export async function makeBank(fields: Partial<CertificateFields> = {}): Promise<TestBank> {
  const identity = fields.identity ?? (await makeIdentity());
  const staticKey = await generateX25519();
  const certificate = await signCertificate({ staticKey: staticKey.publicKey, ...fields, identity });
  return { identity, staticKey, certificate };
}

/** The bank's answer to message 1. */
export function answer(bank: TestBank, message1: Bytes, suite: Suite = hybrid, offered = [suite.subprotocol]) {
  const { staticKey, certificate } = bank;
  return respond({ suite, offered, staticKey, certificate, encapsulate }, message1);
}

/** Both ends of an established channel. */
export interface Pair {
  readonly bank: TestBank;
  readonly client: Channel;
  readonly sealer: Sealer;
  readonly opener: Opener;
}

/** What differs from an ordinary connection. */
export interface ConnectOptions {
  readonly suite?: Suite;
  readonly source?: Source;
}

/** Runs an honest handshake. The bank's ends are a sealer and an opener. */
export async function connect({ suite = hybrid, source }: ConnectOptions = {}): Promise<Pair> {
  const bank = await makeBank();
  const offer = { offered: [suite.subprotocol], chosen: suite.subprotocol };
  const handshake = await startHandshake(source === undefined ? offer : { ...offer, source });
  const server = await answer(bank, handshake.message1, suite);
  const client = await handshake.finish(server.message2, { nowMs, pin: bank.identity.publicKey });
  return { bank, client, sealer: new Sealer(server.sending), opener: new Opener(server.opening) };
}

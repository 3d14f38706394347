import { type Bytes, concat } from "../../src/caudal/channel/bytes.ts";
import { ChannelError } from "../../src/caudal/channel/errors.ts";
import type { Agreed } from "../../src/caudal/channel/initiator.ts";
import { encapsulationKeySize } from "../../src/caudal/channel/mlkem.ts";
import { prologue } from "../../src/caudal/channel/prologue.ts";
import { message1Length, type Suite } from "../../src/caudal/channel/suite.ts";
import { Symmetric } from "../../src/caudal/channel/symmetric.ts";
import { agree, generateX25519, type X25519KeyPair, x25519Size } from "../../src/caudal/channel/x25519.ts";

// The bank's side of the handshake: no part of the client, which never answers one.

/** What a bank brings to a handshake. */
export interface ResponderOptions {
  readonly suite: Suite;
  readonly offered: readonly string[];
  /** The key that the certificate certifies. */
  readonly staticKey: X25519KeyPair;
  readonly certificate: Bytes;
  /** Shared secret and ciphertext for an encapsulation key; needed in the hybrid suite. */
  readonly encapsulate?: (encapsulationKey: Bytes) => Promise<{ secret: Bytes; ciphertext: Bytes }>;
  /** The ephemeral key; a fresh one where there is none. */
  readonly ephemeral?: X25519KeyPair;
}

/** Takes message 1, makes message 2. Throws `config`, `handshake_malformed`, `low_order`. */
export async function respond(
  options: ResponderOptions,
  message1: Bytes,
): Promise<Agreed & { readonly message2: Bytes }> {
  const { suite, staticKey, certificate } = options;
  const symmetric = await Symmetric.start(suite.protocolName, prologue(options.offered, suite.subprotocol));
  if (message1.length !== message1Length(suite)) {
    throw new ChannelError("handshake_malformed", `message 1 has ${message1.length} bytes`);
  }
  const re = message1.slice(0, x25519Size);
  await symmetric.mixHash(re);
  const re1 = message1.slice(x25519Size, x25519Size + (suite.hybrid ? encapsulationKeySize : 0));
  if (suite.hybrid) await symmetric.decryptAndHash(re1);
  await symmetric.decryptAndHash(message1.slice(x25519Size + re1.length));

  const ephemeral = options.ephemeral ?? (await generateX25519());
  const parts = [ephemeral.publicKey];
  await symmetric.mixHash(ephemeral.publicKey);
  await symmetric.mixKey(await agree(ephemeral.privateKey, re)); // ee
  if (suite.hybrid) {
    if (options.encapsulate === undefined) throw new ChannelError("config", "the hybrid suite encapsulates");
    const { secret, ciphertext } = await options.encapsulate(re1);
    parts.push(await symmetric.encryptAndHash(ciphertext)); // ekem1
    await symmetric.mixKey(secret);
  }
  parts.push(await symmetric.encryptAndHash(staticKey.publicKey)); // s
  await symmetric.mixKey(await agree(staticKey.privateKey, re)); // es
  parts.push(await symmetric.encryptAndHash(certificate));

  const [opening, sending] = await symmetric.split();
  const message2 = concat(...parts);
  return { message2, hash: symmetric.hash, staticKey: staticKey.publicKey, certificate, sending, opening };
}

import { type Bytes, concat } from "./bytes.ts";
import { type CipherState, tagSize } from "./cipher-state.ts";
import { ChannelError } from "./errors.ts";
import { ciphertextSize, generateMLKEM, type MLKEMKeyPair, type MLKEMProvider } from "./mlkem.ts";
import { prologue } from "./prologue.ts";
import { maxCertificate, message2Length, type Suite } from "./suite.ts";
import { Symmetric } from "./symmetric.ts";
import { agree, generateX25519, type X25519KeyPair, x25519Size } from "./x25519.ts";

/** Where the ephemeral keys of a handshake come from. Two handshakes with the same keys are broken. */
export interface Source {
  x25519(): Promise<X25519KeyPair>;
  mlkem(): Promise<MLKEMKeyPair>;
}

/** Fresh keys that no script can export. Only tests with fixed vectors have another source. */
export const freshKeys: Source = { x25519: generateX25519, mlkem: generateMLKEM };

/** What a handshake has proven, before anybody has looked at the certificate. */
export interface Agreed {
  /** The channel hash: h after message 2, 32 bytes. */
  readonly hash: Bytes;
  /** The static X25519 key whose private half the peer has. */
  readonly staticKey: Bytes;
  /** Payload of message 2. */
  readonly certificate: Bytes;
  readonly sending: CipherState;
  readonly opening: CipherState;
}

/** What an initiator holds between the messages. */
interface Secrets {
  readonly symmetric: Symmetric;
  readonly ephemeral: X25519KeyPair;
  readonly kem: MLKEMKeyPair | undefined;
}

/** The client of Noise NX and NXhfs (PROTOCOL.md, section 2): message 1 out, message 2 in, once. */
export class Initiator {
  #secrets: Secrets | undefined;
  /** Who computes ML-KEM; `undefined` in the classic suite. */
  readonly mlkem: MLKEMProvider | undefined;

  private constructor(
    readonly suite: Suite,
    /** 32 or 1,216 bytes, the first message of the socket. */
    readonly message1: Bytes,
    secrets: Secrets,
  ) {
    this.#secrets = secrets;
    this.mlkem = secrets.kem?.provider;
  }

  /** Makes message 1. Throws `config`, `unsupported`, `unavailable`. */
  static async start(suite: Suite, offered: readonly string[], source: Source): Promise<Initiator> {
    const before = prologue(offered, suite.subprotocol);
    const ephemeral = await source.x25519(); // first: it says what is missing where there is no WebCrypto at all
    const kem = suite.hybrid ? await source.mlkem() : undefined;
    const symmetric = await Symmetric.start(suite.protocolName, before);
    const e = ephemeral.publicKey;
    await symmetric.mixHash(e);
    const e1 = kem === undefined ? new Uint8Array(0) : await symmetric.encryptAndHash(kem.encapsulationKey);
    const payload = await symmetric.encryptAndHash(new Uint8Array(0));
    return new Initiator(suite, concat(e, e1, payload), { symmetric, ephemeral, kem });
  }

  /**
   * Takes message 2. Whatever comes of it, the handshake is used up and its keys are dropped: `handshake_malformed`,
   * `handshake_authentication` (also for another view of the offer), `low_order`, `handshake_used`.
   */
  async readMessage2(message2: Bytes): Promise<Agreed> {
    const secrets = this.#secrets;
    this.#secrets = undefined;
    if (secrets === undefined) throw new ChannelError("handshake_used", "the handshake has been used");
    try {
      return await this.#read(message2, secrets);
    } finally {
      secrets.symmetric.wipe();
      secrets.kem?.wipe();
    }
  }

  async #read(message2: Bytes, { symmetric, ephemeral, kem }: Secrets): Promise<Agreed> {
    const shortest = message2Length(this.suite, 0);
    if (message2.length < shortest || message2.length > message2Length(this.suite, maxCertificate)) {
      throw new ChannelError("handshake_malformed", `message 2 has ${message2.length} bytes`);
    }
    let at = 0;
    const cut = (length: number) => message2.slice(at, (at += length));

    const e = cut(x25519Size);
    await symmetric.mixHash(e);
    await symmetric.mixKey(await agree(ephemeral.privateKey, e)); // ee
    if (kem !== undefined) {
      const ciphertext = await symmetric.decryptAndHash(cut(ciphertextSize + tagSize)); // ekem1
      await symmetric.mixKey(await kem.decapsulate(ciphertext));
    }
    const staticKey = await symmetric.decryptAndHash(cut(x25519Size + tagSize)); // s
    await symmetric.mixKey(await agree(ephemeral.privateKey, staticKey)); // es
    const certificate = await symmetric.decryptAndHash(message2.slice(at));

    const [sending, opening] = await symmetric.split();
    return { hash: symmetric.hash, staticKey, certificate, sending, opening };
  }
}

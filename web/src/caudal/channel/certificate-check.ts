import { type Bytes, concat, equal, label } from "./bytes.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { ed25519Size, verify } from "./ed25519.ts";
import { ChannelError, IdentityChangedError } from "./errors.ts";
import { fingerprint } from "./fingerprint.ts";

const certificateLabel = label("caudal channel certificate v1");
const successorLabel = label("caudal identity successor v1");

/** What a certificate is checked against. */
export interface Expected {
  /** The static key that the handshake has proven, 32 bytes. */
  readonly staticKey: Bytes;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The identity that this client remembers of the bank, 32 bytes; absent at the first contact. */
  readonly pin?: Uint8Array | undefined;
}

/** The bank behind a certificate that passed all checks. */
export interface Bank {
  /** The bank's Ed25519 key, 32 bytes: what a client remembers. */
  readonly identity: Bytes;
  /** `identity` for people. */
  readonly fingerprint: string;
  /** What the bank calls itself. */
  readonly name: string;
  /** Milliseconds since 1970; the certificate holds from the one to the end of the second of the other. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** The identity that the bank had before, 32 bytes, which has signed that this one succeeds it. */
  readonly predecessor: Bytes | undefined;
  /** The pin was the predecessor: remember `identity` from now on, and say so. */
  readonly pinMoved: boolean;
}

/**
 * Makes the five checks of PROTOCOL.md, section 3, in this order: layout and version, the key of the handshake, the
 * signatures, the time, the pin. The pin is last, so that "changed" is said only of an identity that has proven itself.
 * Without a pin any identity passes, which proves only that somebody has its key: the caller decides, and remembers.
 * Throws `certificate_...` or `IdentityChangedError`; `config` for a pin of another length.
 */
export async function checkCertificate(raw: Bytes, expected: Expected): Promise<Bank> {
  const { pin } = expected;
  if (pin !== undefined && pin.length !== ed25519Size) throw new ChannelError("config", `a pin of ${pin.length} bytes`);
  const certificate = parseCertificate(raw);
  if (!equal(certificate.staticKey, expected.staticKey)) {
    throw new ChannelError("certificate_static", "the channel certificate is for another key than the channel's");
  }
  await checkSignatures(certificate);
  checkTime(certificate, expected.nowMs);

  const { identity, predecessor } = certificate;
  const pinMoved = pin !== undefined && !equal(pin, identity);
  if (pinMoved && (predecessor === undefined || !equal(pin, predecessor.identity))) {
    throw new IdentityChangedError(await fingerprint(new Uint8Array(pin)), await fingerprint(identity));
  }
  return {
    identity,
    fingerprint: await fingerprint(identity),
    name: certificate.name,
    notBeforeMs: 1000 * certificate.notBefore,
    notAfterMs: 1000 * certificate.notAfter,
    predecessor: predecessor?.identity,
    pinMoved,
  };
}

async function checkSignatures({ identity, predecessor, body, signature }: Certificate): Promise<void> {
  if (!(await verify(identity, concat(certificateLabel, body), signature))) {
    throw new ChannelError("certificate_signature", "the channel certificate has a wrong signature");
  }
  if (predecessor === undefined) return;
  const old = predecessor.identity;
  if (equal(old, identity) || !(await verify(old, concat(successorLabel, old, identity), predecessor.signature))) {
    throw new ChannelError(
      "certificate_predecessor",
      "the channel certificate claims a predecessor that has not signed it",
    );
  }
}

function checkTime({ notBefore, notAfter }: Certificate, nowMs: number): void {
  const clock = `the clock says ${nowMs} ms since 1970`;
  const now = Math.floor(nowMs / 1000);
  if (!(now >= notBefore)) {
    throw new ChannelError("certificate_not_yet_valid", `the channel certificate starts at ${notBefore} s, ${clock}`);
  }
  if (now > notAfter) {
    throw new ChannelError("certificate_expired", `the channel certificate ended at ${notAfter} s, ${clock}`);
  }
}

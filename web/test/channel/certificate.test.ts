import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { concat, equal, fromHex, label, toHex, u8, utf8 } from "../../src/caudal/channel/bytes.ts";
import { checkCertificate } from "../../src/caudal/channel/certificate-check.ts";
import { usableKey, verify } from "../../src/caudal/channel/ed25519.ts";
import type { ChannelErrorCode } from "../../src/caudal/channel/errors.ts";
import { IdentityChangedError } from "../../src/caudal/channel/errors.ts";
import { fingerprint, parseFingerprint } from "../../src/caudal/channel/fingerprint.ts";
import { extension, makeIdentity, nowMs, predecessor, signCertificate } from "./bank.ts";
import { readRepositoryFile } from "./files.ts";
import { rejects } from "./rejects.ts";
import { meetCertificate } from "../vectors/certificate-check.ts";
import type { CertificateVectors } from "../vectors/certificates.ts";

const vectors: CertificateVectors = JSON.parse(readRepositoryFile("certs/testdata/channel-certificates.json"));

suite("meets the published certificates", () => {
  for (const c of vectors.certificates) {
    test(c.name, async () => assert.deepEqual(await meetCertificate(c), []));
  }
});

suite("meets the published fingerprints", () => {
  for (const c of vectors.fingerprints) {
    test(JSON.stringify(c.text), async () => {
      if (c.valid) assert.equal(toHex(await parseFingerprint(c.text)), c.key);
      else await rejects(parseFingerprint(c.text), "fingerprint_malformed");
    });
  }
});

test("a fingerprint reads back whatever its case and separators", async () => {
  const { publicKey } = await makeIdentity();
  const text = await fingerprint(publicKey);
  assert.match(text, /^([A-Z2-7]{5}-){10}[A-Z2-7]{5}$/);
  for (const spelling of [text, text.toLowerCase(), text.replaceAll("-", ""), `\t${text.replaceAll("-", " ")}\r\n`]) {
    assert.deepEqual(await parseFingerprint(spelling), publicKey);
  }
  // The last character has three bits to spare, which are zero: with one of them set it is another spelling of the key.
  const spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const respelt = text.slice(0, -1) + spare.charAt(spare.indexOf(text.slice(-1)) + 1);
  for (const slip of [respelt, text.slice(1), `${text}A`, text.replace(/[^-]/, "1"), `${" ".repeat(300)}${text}`, ""]) {
    await rejects(parseFingerprint(slip), "fingerprint_malformed");
  }
});

suite("keys that no honest signer has", () => {
  // The eight points of small order; where x may have either sign, both. Then spellings with y >= p.
  const bad = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ].map(fromHex);

  test("are refused though WebCrypto verifies forged signatures under some", async () => {
    const zero = new Uint8Array(32);
    const key = await crypto.subtle.importKey("raw", zero, { name: "Ed25519" }, false, ["verify"]);
    const forged = new Uint8Array(64);
    // The point has order 4, so that a signature of zeros fits one message in four.
    const messages = Array.from({ length: 64 }, (_, i) => u8(i));
    const verified = messages.map((message) => crypto.subtle.verify({ name: "Ed25519" }, key, forged, message));
    assert((await Promise.all(verified)).includes(true), "the danger is gone");
    for (const message of messages) assert.equal(await verify(zero, message, forged), false);
  });

  test("are refused as identity and as predecessor", async () => {
    const identity = await makeIdentity();
    const staticKey = new Uint8Array(32).fill(7);
    for (const key of bad) {
      assert.equal(usableKey(key), false, toHex(key));
      const claimed = await signCertificate({ identity, staticKey, claimed: key });
      await rejects(checkCertificate(claimed, { staticKey, nowMs }), "certificate_malformed");
      const extensions = extension(1, concat(key, new Uint8Array(64)));
      const succeeding = await signCertificate({ identity, staticKey, extensions });
      await rejects(checkCertificate(succeeding, { staticKey, nowMs }), "certificate_predecessor");
    }
    for (const length of [0, 31, 33]) assert.equal(usableKey(new Uint8Array(length).fill(2)), false);
    assert.equal(usableKey(new Uint8Array(32).fill(2)), true);
  });
});

suite("the pin", async () => {
  const identity = await makeIdentity();
  const old = await makeIdentity();
  const stranger = await makeIdentity();
  const staticKey = new Uint8Array(32).fill(7);
  const check = async (extensions: Uint8Array<ArrayBuffer>, pin?: Uint8Array) =>
    checkCertificate(await signCertificate({ identity, staticKey, extensions }), { staticKey, nowMs, pin });
  const none = new Uint8Array(0);

  test("absent, any identity is accepted and handed over", async () => {
    const bank = await check(none);
    assert.deepEqual(bank.identity, identity.publicKey);
    assert.equal(bank.pinMoved, false);
    assert.equal(bank.notAfterMs, nowMs + 7 * 86400 * 1000);
  });

  test("moves to an identity that the pinned one has signed", async () => {
    const bank = await check(await predecessor(old, identity.publicKey), old.publicKey);
    assert.equal(bank.pinMoved, true);
    assert.deepEqual(bank.identity, identity.publicKey);
    assert.deepEqual(bank.predecessor, old.publicKey);
  });

  test("stays where it is equal, whatever the predecessor", async () => {
    assert.equal((await check(await predecessor(old, identity.publicKey), identity.publicKey)).pinMoved, false);
  });

  test("of another bank is refused with both fingerprints", async () => {
    for (const extensions of [none, await predecessor(old, identity.publicKey)]) {
      const error = await rejects(check(extensions, stranger.publicKey), "identity_changed");
      assert(error instanceof IdentityChangedError);
      assert.equal(error.pinned, await fingerprint(stranger.publicKey));
      assert.equal(error.presented, await fingerprint(identity.publicKey));
    }
  });

  test("does not move by a signature for another successor, nor to itself", async () => {
    await rejects(check(await predecessor(old, stranger.publicKey), old.publicKey), "certificate_predecessor");
    await rejects(check(await predecessor(identity, identity.publicKey), old.publicKey), "certificate_predecessor");
  });

  test("of another length is the caller's fault", async () => {
    await rejects(check(none, new Uint8Array(31)), "config");
  });
});

suite("certificates out of bounds", async () => {
  const identity = await makeIdentity();
  const staticKey = new Uint8Array(32).fill(7);
  const now = nowMs / 1000;
  const cases: [string, Parameters<typeof signCertificate>[0], ChannelErrorCode | "ok"][] = [
    ["longest validity", { identity, staticKey, notBefore: now, notAfter: now + 28 * 86400 + 3600 }, "ok"],
    [
      "a second more",
      { identity, staticKey, notBefore: now, notAfter: now + 28 * 86400 + 3601 },
      "certificate_malformed",
    ],
    ["before 1970", { identity, staticKey, notBefore: -1, notAfter: 100 }, "certificate_malformed"],
    ["after 9999", { identity, staticKey, notBefore: 253402300700, notAfter: 253402300800 }, "certificate_malformed"],
    ["longest name", { identity, staticKey, name: utf8("ñ".repeat(64)) }, "ok"],
    ["a byte more", { identity, staticKey, name: utf8(`${"ñ".repeat(64)}n`) }, "certificate_malformed"],
    ["space before", { identity, staticKey, name: utf8(" Banco") }, "certificate_malformed"],
    ["space behind", { identity, staticKey, name: utf8("Banco ") }, "certificate_malformed"],
    ["no-break space", { identity, staticKey, name: utf8("Banco\u00a0Caudal") }, "certificate_malformed"],
    ["paragraph separator", { identity, staticKey, name: utf8("Banco\u2029Caudal") }, "certificate_malformed"],
    ["line separator", { identity, staticKey, name: utf8("Banco\u2028Caudal") }, "certificate_malformed"],
    ["byte order mark", { identity, staticKey, name: utf8("\ufeffBanco") }, "certificate_malformed"],
    ["control", { identity, staticKey, name: utf8("Banco\u001b[2J") }, "certificate_malformed"],
    ["private use", { identity, staticKey, name: utf8("Banco \ue000") }, "certificate_malformed"],
    ["extensions to the full", { identity, staticKey, extensions: extension(2, new Uint8Array(8188)) }, "ok"],
    ["a byte more", { identity, staticKey, extensions: extension(2, new Uint8Array(8189)) }, "certificate_malformed"],
    [
      "short predecessor",
      { identity, staticKey, extensions: extension(1, new Uint8Array(95)) },
      "certificate_malformed",
    ],
    [
      "long predecessor",
      { identity, staticKey, extensions: extension(1, new Uint8Array(97)) },
      "certificate_malformed",
    ],
    [
      "descending",
      { identity, staticKey, extensions: concat(extension(3, u8(0)), extension(2, u8(0))) },
      "certificate_malformed",
    ],
  ];
  for (const [name, fields, result] of cases) {
    test(`${name}: ${result}`, async () => {
      const checked = checkCertificate(await signCertificate(fields), { staticKey, nowMs });
      if (result === "ok") await checked;
      else await rejects(checked, result);
    });
  }

  test("every prefix, and every altered byte, is refused", async () => {
    const raw = await signCertificate({ identity, staticKey });
    for (let length = 0; length < raw.length; length++) {
      await assert.rejects(checkCertificate(raw.slice(0, length), { staticKey, nowMs }));
    }
    for (let at = 0; at < raw.length; at++) {
      const altered = raw.slice();
      altered[at] = (altered[at] ?? 0) ^ 1;
      await assert.rejects(checkCertificate(altered, { staticKey, nowMs }), `byte ${at}`);
    }
  });
});

test("a certificate holds from its first millisecond to the last of its last second", async () => {
  const identity = await makeIdentity();
  const staticKey = new Uint8Array(32).fill(7);
  const [notBefore, notAfter] = [nowMs / 1000, nowMs / 1000 + 10];
  const raw = await signCertificate({ identity, staticKey, notBefore, notAfter });
  for (const ms of [1000 * notBefore, 1000 * notBefore + 0.5, 1000 * notAfter, 1000 * notAfter + 999]) {
    await checkCertificate(raw, { staticKey, nowMs: ms });
  }
  for (const ms of [1000 * notBefore - 1, 0, -1, Number.NEGATIVE_INFINITY, Number.NaN]) {
    await rejects(checkCertificate(raw, { staticKey, nowMs: ms }), "certificate_not_yet_valid");
  }
  for (const ms of [1000 * notAfter + 1000, Number.POSITIVE_INFINITY]) {
    await rejects(checkCertificate(raw, { staticKey, nowMs: ms }), "certificate_expired");
  }
});

test("of several faults the first check speaks: key, signature, time, pin", async () => {
  const [identity, stranger] = [await makeIdentity(), await makeIdentity()];
  const [staticKey, other] = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)];
  const raw = await signCertificate({ identity, staticKey });
  const forged = concat(raw.slice(0, -1), u8((raw.at(-1) ?? 0) ^ 1));
  const [pin, late] = [stranger.publicKey, nowMs + 8 * 86_400_000];
  await rejects(checkCertificate(forged, { staticKey: other, nowMs: late, pin }), "certificate_static");
  await rejects(checkCertificate(forged, { staticKey, nowMs: late, pin }), "certificate_signature");
  await rejects(checkCertificate(raw, { staticKey, nowMs: late, pin }), "certificate_expired");
  await rejects(checkCertificate(raw, { staticKey, nowMs, pin }), "identity_changed");
});

test("the beginning of something equal is not equal", () => {
  const [short, long] = [Uint8Array.of(1, 0), Uint8Array.of(1, 0, 0)];
  assert.deepEqual([equal(short, long), equal(long, short), equal(short, short.slice())], [false, false, true]);
});

test("a signature has one spelling: S is below the order of the group", async () => {
  const identity = await makeIdentity();
  const signature = await identity.sign("x");
  assert.equal(await verify(identity.publicKey, label("x"), signature), true);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = signature.slice(32).reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n);
  for (let multiple = 1n; s + multiple * order < 2n ** 256n; multiple++) {
    const respelt = u256(s + multiple * order).reverse();
    const malleable = concat(signature.slice(0, 32), respelt);
    assert.equal(await verify(identity.publicKey, label("x"), malleable), false, `S + ${multiple} L`);
  }
});

function u256(n: bigint) {
  return fromHex(n.toString(16).padStart(64, "0"));
}

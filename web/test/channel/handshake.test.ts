import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";

import { type Bytes, concat, fromHex, toHex } from "../../src/caudal/channel/bytes.ts";
import { startHandshake } from "../../src/caudal/channel/handshake.ts";
import { freshKeys, Initiator } from "../../src/caudal/channel/initiator.ts";
import { nobleKeyPair } from "../../src/caudal/channel/mlkem-noble.ts";
import { classic, hybrid, maxCertificate, message1Length, message2Length } from "../../src/caudal/channel/suite.ts";
import { Symmetric } from "../../src/caudal/channel/symmetric.ts";
import { agree, generateX25519 } from "../../src/caudal/channel/x25519.ts";
import { fixedSource } from "../vectors/fixed-keys.ts";
import { answer, connect, makeBank, makeIdentity, nowMs, predecessor, signCertificate } from "./bank.ts";
import { rejects } from "./rejects.ts";

/** The eight points of small order on Curve25519 and its twist, and two spellings that are not reduced (RFC 7748, 7). */
const lowOrder = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map(fromHex);

/** A client whose keys are the same each time, so that one message 2 can be finished many times. */
async function repeatable(chosen = hybrid) {
  const bank = await makeBank();
  const source = fixedSource(new Uint8Array(32).fill(3), new Uint8Array(64).fill(4), "noble");
  const start = () => startHandshake({ offered: [chosen.subprotocol], chosen: chosen.subprotocol, source });
  const { message1 } = await start();
  const { message2 } = await answer(bank, message1, chosen);
  const finish = async (altered: Bytes) => (await start()).finish(altered, { nowMs, pin: bank.identity.publicKey });
  return { bank, message2, finish };
}

for (const chosen of [hybrid, classic]) {
  suite(chosen.protocolName, () => {
    test("makes the same channel on both sides, and says whose it is", async () => {
      const bank = await makeBank();
      const handshake = await startHandshake({ offered: [chosen.subprotocol], chosen: chosen.subprotocol });
      assert.equal(handshake.message1.length, message1Length(chosen));
      const server = await answer(bank, handshake.message1, chosen);
      assert.equal(server.message2.length, message2Length(chosen, bank.certificate.length));
      const channel = await handshake.finish(server.message2, { nowMs, pin: bank.identity.publicKey });
      assert.deepEqual(channel.channelHash, server.hash);
      assert.equal(channel.channelHash.length, 32);
      assert.deepEqual(channel.identity, bank.identity.publicKey);
      assert.equal(channel.bankName, "Banco Caudal");
      assert.equal(channel.suite, chosen);
      assert.equal(channel.mlkem, chosen === hybrid ? "noble" : undefined);
      assert.equal(channel.notAfterMs, nowMs + 7 * 86400 * 1000);
      assert.equal(channel.pinMoved, false);
    });

    test("refuses message 2 with any byte altered", async () => {
      const { message2, finish } = await repeatable(chosen);
      await finish(message2);
      // Every byte where the fields meet, and every 23rd in between.
      const kem = chosen.hybrid ? 1104 : 0;
      const edges = [0, 32, 32 + kem, 80 + kem, message2.length];
      for (let at = 0; at < message2.length; at++) {
        if (at % 23 !== 0 && !edges.some((edge) => Math.abs(edge - at) <= 1)) continue;
        const altered = message2.slice();
        altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
        // The highest bit of an X25519 key is ignored by the curve (RFC 7748, section 5), not by the handshake hash.
        await rejects(finish(altered), "handshake_authentication");
      }
      const top = message2.slice();
      top[31] = (top[31] ?? 0) ^ 0x80;
      await rejects(finish(top), "handshake_authentication");
    });

    test("refuses message 2 cut, grown or beyond the bound", async () => {
      const { message2, finish } = await repeatable(chosen);
      const shortest = message2Length(chosen, 0);
      for (const length of [0, 1, 31, 32, shortest - 1]) {
        await rejects(finish(message2.slice(0, length)), "handshake_malformed");
      }
      for (const length of [shortest, message2.length - 16, message2.length - 1]) {
        await rejects(finish(message2.slice(0, length)), "handshake_authentication");
      }
      const longest = message2Length(chosen, maxCertificate);
      const grown = (length: number) => concat(message2, new Uint8Array(length - message2.length));
      await rejects(finish(grown(message2.length + 1)), "handshake_authentication");
      await rejects(finish(grown(longest)), "handshake_authentication");
      await rejects(finish(grown(longest + 1)), "handshake_malformed");
    });

    test("refuses an ephemeral key of low order", async () => {
      const { message2, finish } = await repeatable(chosen);
      for (const point of lowOrder) {
        await rejects(finish(concat(point, message2.slice(32))), "low_order");
      }
    });

    test("refuses a static key of low order", async () => {
      // An honest bank would not get that far itself, so the initiator is asked with a key that agrees on nothing.
      const { privateKey } = await generateX25519();
      for (const point of lowOrder) await rejects(agree(privateKey, point), "low_order");
    });

    test("refuses an answer to another handshake", async () => {
      const bank = await makeBank();
      const offer = { offered: [chosen.subprotocol], chosen: chosen.subprotocol };
      const one = await startHandshake(offer);
      const other = await startHandshake(offer);
      assert.notDeepEqual(one.message1, other.message1);
      const { message2 } = await answer(bank, other.message1, chosen);
      await rejects(one.finish(message2, { nowMs }), "handshake_authentication");
    });

    test("runs once, whatever comes of it", async () => {
      const bank = await makeBank();
      const handshake = await startHandshake({ offered: [chosen.subprotocol], chosen: chosen.subprotocol });
      const { message2 } = await answer(bank, handshake.message1, chosen);
      const [first, second] = [handshake.finish(message2, { nowMs }), handshake.finish(message2, { nowMs })];
      await rejects(second, "handshake_used");
      await first;
      await rejects(handshake.finish(message2, { nowMs }), "handshake_used");
    });
  });
}

test("an offer that was altered on the way breaks the handshake", async () => {
  const bank = await makeBank();
  const both = [hybrid.subprotocol, classic.subprotocol];
  // Somebody in the middle strips the stronger name, the bank chooses the weaker, and the client sees it chosen.
  const downgraded = await startHandshake({ offered: both, chosen: classic.subprotocol });
  const stripped = await answer(bank, downgraded.message1, classic, [classic.subprotocol]);
  await rejects(downgraded.finish(stripped.message2, { nowMs }), "handshake_authentication");
  const reordered = await startHandshake({ offered: both, chosen: hybrid.subprotocol });
  const swapped = await answer(bank, reordered.message1, hybrid, [...both].reverse());
  await rejects(reordered.finish(swapped.message2, { nowMs }), "handshake_authentication");
});

test("a hybrid client does not read a classic answer, nor the other way round", async () => {
  const bank = await makeBank();
  const both = [hybrid.subprotocol, classic.subprotocol];
  const client = await startHandshake({ offered: both, chosen: hybrid.subprotocol });
  const weaker = await answer(bank, client.message1.slice(0, 32), classic, both);
  await rejects(client.finish(weaker.message2, { nowMs }), "handshake_malformed");
});

test("a certificate for another key than the channel's is refused", async () => {
  const [bank, thief] = [await makeBank(), await makeBank()];
  const handshake = await startHandshake({ offered: [hybrid.subprotocol], chosen: hybrid.subprotocol });
  const { message2 } = await answer({ ...thief, certificate: bank.certificate }, handshake.message1);
  await rejects(handshake.finish(message2, { nowMs, pin: bank.identity.publicKey }), "certificate_static");
});

test("the pin decides, and moves where the pinned identity has signed its successor", async () => {
  const [bank, old, stranger] = [await makeBank(), await makeIdentity(), await makeIdentity()];
  const successor = bank.identity;
  const extensions = await predecessor(old, successor.publicKey);
  const certificate = await signCertificate({
    identity: successor,
    staticKey: bank.staticKey.publicKey,
    extensions,
  });
  const dial = async (pin?: Bytes) => {
    const handshake = await startHandshake({ offered: [hybrid.subprotocol], chosen: hybrid.subprotocol });
    const { message2 } = await answer({ ...bank, certificate }, handshake.message1);
    return handshake.finish(message2, { nowMs, pin });
  };
  await rejects(dial(stranger.publicKey), "identity_changed");
  assert.equal((await dial(successor.publicKey)).pinMoved, false);
  assert.equal((await dial()).pinMoved, false);
  const moved = await dial(old.publicKey);
  assert.equal(moved.pinMoved, true);
  assert.deepEqual(moved.identity, successor.publicKey);
  assert.deepEqual(moved.predecessor, old.publicKey);
});

test("offers that cannot be made are the caller's fault", async () => {
  const start = (offered: string[], chosen: string) => startHandshake({ offered, chosen });
  await rejects(start(["caudal.v1"], "caudal.v1.classic"), "config");
  await rejects(start(["Caudal.v1"], "Caudal.v1"), "config");
  await rejects(start(["caudal.v1"], ""), "config");
  await rejects(start(["caudal.v1", ""], "caudal.v1"), "config");
  await rejects(start(["caudal.v1", "x".repeat(256)], "caudal.v1"), "config");
  await rejects(start(["caudal.v1", ...Array<string>(32).fill("x")], "caudal.v1"), "config");
});

test("an ephemeral key leaves the engine in no form", async () => {
  const { privateKey } = await freshKeys.x25519();
  assert.equal(privateKey.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("pkcs8", privateKey));
});

test("a ciphertext for another ML-KEM key is found out by the next field", async () => {
  const bank = await makeBank();
  const client = await Initiator.start(hybrid, ["caudal.v1"], freshKeys);
  const other = await Initiator.start(hybrid, ["caudal.v1"], freshKeys);
  // Same X25519 key, another KEM key: both halves have to be the peer's.
  const mixed = concat(client.message1.slice(0, 32), other.message1.slice(32));
  assert.notEqual(toHex(mixed), toHex(client.message1));
  const { message2 } = await answer(bank, mixed);
  await rejects(client.readMessage2(message2), "handshake_authentication");
});

test("two handshakes of one bank share no channel hash", async () => {
  const [one, other] = [await connect(), await connect()];
  assert.notDeepEqual(one.client.channelHash, other.client.channelHash);
});

test("a secret of zeros is refused, should an engine deliver one", async () => {
  const { privateKey, publicKey } = await generateX25519();
  const subtle: object = crypto.subtle;
  Object.defineProperty(subtle, "deriveBits", { value: async () => new ArrayBuffer(32), configurable: true });
  try {
    await rejects(agree(privateKey, publicKey), "low_order");
  } finally {
    Reflect.deleteProperty(subtle, "deriveBits");
  }
  assert.equal((await agree(privateKey, publicKey)).length, 32);
});

test("a page without WebCrypto is told so", async () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "crypto") ?? assert.fail();
  Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
  try {
    await rejects(startHandshake({ offered: ["caudal.v1"], chosen: "caudal.v1" }), "unsupported");
  } finally {
    Object.defineProperty(globalThis, "crypto", before);
  }
});

test("an engine with other KEMs than ML-KEM-768 leaves it to the library", async () => {
  const subtle: object = crypto.subtle;
  Object.defineProperty(subtle, "decapsulateBits", { value: () => undefined, configurable: true });
  try {
    assert.equal((await connect()).client.mlkem, "noble");
  } finally {
    Reflect.deleteProperty(subtle, "decapsulateBits");
  }
});

test("an engine whose ML-KEM keys have another length is not asked", async () => {
  const subtle: object = crypto.subtle;
  const before = crypto.subtle.generateKey.bind(crypto.subtle);
  const exported = crypto.subtle.exportKey.bind(crypto.subtle);
  const pair = await before({ name: "X25519" }, false, ["deriveBits"]);
  const replace = (name: string, value: unknown) => Object.defineProperty(subtle, name, { value, configurable: true });
  replace("decapsulateBits", () => undefined);
  replace("generateKey", (algorithm: { name: string }, ...rest: [boolean, KeyUsage[]]) =>
    algorithm.name === "ML-KEM-768" ? pair : before(algorithm, ...rest),
  );
  replace("exportKey", (format: string, key: CryptoKey) =>
    format === "raw-public" ? new ArrayBuffer(800) : exported("raw", key),
  );
  try {
    assert.equal((await connect()).client.mlkem, "noble");
  } finally {
    for (const name of ["decapsulateBits", "generateKey", "exportKey"]) Reflect.deleteProperty(subtle, name);
  }
});

test("an engine that fails in the middle is named, before message 1 and after message 2", async () => {
  const subtle: object = crypto.subtle;
  const failing = async (name: string, run: () => Promise<unknown>) => {
    const value = async () => Promise.reject(new DOMException("out of memory", "OperationError"));
    Object.defineProperty(subtle, name, { value, configurable: true });
    try {
      await rejects(run(), "engine");
    } finally {
      Reflect.deleteProperty(subtle, name);
    }
  };
  const bank = await makeBank();
  const offer = { offered: [hybrid.subprotocol], chosen: hybrid.subprotocol };
  await failing("digest", () => startHandshake(offer));
  for (const name of ["digest", "sign", "importKey", "verify"]) {
    const handshake = await startHandshake(offer);
    const { message2 } = await answer(bank, handshake.message1);
    await failing(name, () => handshake.finish(message2, { nowMs }));
    await rejects(handshake.finish(message2, { nowMs }), "handshake_used");
  }
});

test("a handshake that is over takes nothing for authentic", async () => {
  const symmetric = await Symmetric.start(hybrid.protocolName, new Uint8Array(0));
  symmetric.wipe();
  await assert.rejects(symmetric.decryptAndHash(new Uint8Array(48)), TypeError);
  await assert.rejects(symmetric.encryptAndHash(new Uint8Array(48)), TypeError);
  await assert.rejects(symmetric.mixKey(new Uint8Array(32)), TypeError);
  await assert.rejects(symmetric.split(), TypeError);
});

test("the secrets of a handshake are overwritten, whatever comes of it", async () => {
  const bank = await makeBank();
  for (const length of [undefined, 1300, 1]) {
    const keys = ml_kem768.keygen();
    const kem = nobleKeyPair(keys);
    const source = { x25519: generateX25519, mlkem: async () => kem };
    const client = await Initiator.start(hybrid, [hybrid.subprotocol], source);
    const { message2 } = await answer(bank, client.message1);
    const [settled] = await Promise.allSettled([client.readMessage2(message2.slice(0, length))]);
    assert.equal(settled?.status, length === undefined ? "fulfilled" : "rejected");
    assert.deepEqual(keys.secretKey, new Uint8Array(keys.secretKey.length));
  }
  const secret = new Uint8Array(32).fill(1);
  await (await Symmetric.start(hybrid.protocolName, new Uint8Array(0))).mixKey(secret);
  assert.deepEqual(secret, new Uint8Array(32));
});

test("a client holds no longer certificate than a Go client does", () => {
  assert.equal(maxCertificate, 16384); // MaxCertificate in cipher/suite.go
  assert.deepEqual([message2Length(hybrid, 0), message2Length(classic, 0)], [1200, 96]);
});

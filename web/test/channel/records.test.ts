import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { suite, test } from "node:test";

import { type Bytes, concat, fromHex, u16, u32, utf8 } from "../../src/caudal/channel/bytes.ts";
import { Channel } from "../../src/caudal/channel/channel.ts";
import { CipherState, encrypt, importKey, maxCounter, rekeyInterval } from "../../src/caudal/channel/cipher-state.ts";
import { Opener } from "../../src/caudal/channel/opener.ts";
import { bucket, maxBody, maxMessage, type Opened } from "../../src/caudal/channel/record.ts";
import { Sealer } from "../../src/caudal/channel/sealer.ts";
import { connect } from "./bank.ts";
import { rejects } from "./rejects.ts";

const data = (body: Bytes): Opened => ({ type: "data", body });

/** A direction of its own, both ends under one key. */
async function direction(counter = 0) {
  const key = await importKey(new Uint8Array(32).fill(9));
  return { sealer: new Sealer(new CipherState(key, counter)), opener: new Opener(new CipherState(key, counter)) };
}

/** An opener, and the message that a peer without our rules makes of a plaintext. */
async function forger() {
  const key = await importKey(new Uint8Array(32).fill(9));
  const opener = new Opener(new CipherState(key));
  return { opener, forge: (plaintext: Bytes, counter = 0) => encrypt(key, counter, plaintext) };
}

function plaintext(size: number, ...start: number[]): Bytes {
  return concat(Uint8Array.from(start), new Uint8Array(size - start.length));
}

test("bodies of every length come back, in the smallest bucket", async () => {
  const { sealer, opener } = await direction();
  for (const n of [0, 1, 60, 61, 62, 125, 126, 253, 1021, 1022, 4092, 4093, 4094, 8189, 8190, 61436, maxBody]) {
    const body = Uint8Array.from({ length: n }, (_, i) => i);
    const message = await sealer.seal(body);
    assert.equal(message.length, bucket(n + 3) + 16);
    assert.deepEqual(await opener.open(message), data(body));
  }
  const buckets = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 12288, 57344, 61440];
  for (const size of buckets) {
    assert.equal(bucket(size), size);
    assert.equal(bucket(size - 1), size);
  }
  assert.equal(maxMessage, 61456);
});

test("a channel carries both directions and counts them", async () => {
  const { client, sealer, opener } = await connect();
  assert.deepEqual(await opener.open(await client.seal(utf8("hello"))), data(utf8("hello")));
  assert.deepEqual(await client.open(await sealer.seal(utf8("welcome"))), data(utf8("welcome")));
  assert.deepEqual(await client.open(await sealer.sealClose(4000)), { type: "close", code: 4000 });
  assert.deepEqual(await opener.open(await client.sealClose(1000)), { type: "close", code: 1000 });
  assert.deepEqual([client.sealed, client.opened, client.rekeys, client.lastRekeyMs], [2, 2, 0, undefined]);
});

test("a body too large changes nothing", async () => {
  const { client, opener } = await connect();
  await rejects(client.seal(new Uint8Array(maxBody + 1)), "too_large");
  assert.deepEqual(await opener.open(await client.seal(utf8("on"))), data(utf8("on")));
});

test("what is sealed is what the body was at the call", async () => {
  const { sealer, opener } = await direction();
  const body = utf8("before");
  const sealed = sealer.seal(body);
  body.fill(0);
  assert.deepEqual(await opener.open(await sealed), data(utf8("before")));
});

test("many records under way keep their order, large and small, on both ends", async () => {
  const { client, opener } = await connect();
  const order: number[] = [];
  const bodies = Array.from({ length: 300 }, (_, i) => new Uint8Array(i % 7 === 0 ? 60000 : 4).fill(i));
  const messages: Bytes[] = [];
  await Promise.all(
    bodies.map(async (body, i) => {
      messages.push(await client.seal(body));
      order.push(i);
    }),
  );
  const expected = bodies.map((_, i) => i);
  assert.deepEqual(order, expected);
  order.length = 0;
  await Promise.all(
    messages.map(async (message, i) => {
      assert.deepEqual(await opener.open(message), data(bodies[i] ?? assert.fail()));
      order.push(i);
    }),
  );
  assert.deepEqual(order, expected);
});

suite("what is not the next record kills the channel", () => {
  const cases: [string, (messages: Bytes[]) => Bytes[], "record_authentication" | "record_malformed"][] = [
    ["replayed", ([a = assert.fail()]) => [a, a], "record_authentication"],
    ["out of order", ([a = assert.fail(), b = assert.fail()]) => [b, a], "record_authentication"],
    ["left out", ([a = assert.fail(), , c = assert.fail()]) => [a, c], "record_authentication"],
    ["cut", ([a = assert.fail()]) => [a.slice(0, -1)], "record_malformed"],
    ["cut to its tag", ([a = assert.fail()]) => [a.slice(0, 16)], "record_malformed"],
    ["empty", () => [new Uint8Array(0)], "record_malformed"],
    ["grown", ([a = assert.fail()]) => [concat(a, new Uint8Array(1))], "record_malformed"],
    ["grown to the next bucket", ([a = assert.fail()]) => [concat(a, new Uint8Array(64))], "record_authentication"],
    ["beyond the bound", () => [new Uint8Array(65536 + 16)], "record_malformed"],
  ];
  for (const [name, arrange, code] of cases) {
    test(name, async () => {
      const { client, sealer, opener } = await connect();
      const messages = await Promise.all(["a", "b", "c"].map((text) => sealer.seal(utf8(text))));
      const arriving = arrange(messages);
      const results = arriving.map((message) => client.open(message));
      let failure: Error | undefined;
      for (const [i, result] of results.entries()) {
        const good = failure === undefined && arriving[i] === messages[i];
        if (good) await result;
        else failure = await rejects(result, code);
      }
      assert(failure !== undefined);
      assert.equal(
        client.opened,
        arriving.findIndex((message, i) => message !== messages[i]),
      );
      for (const message of messages) assert.equal(await rejects(client.open(message), code), failure);
      assert.equal(await rejects(client.seal(utf8("x")), code), failure);
      // The bank can still be told why.
      assert.deepEqual(await opener.open(await client.sealClose(4007)), { type: "close", code: 4007 });
      await rejects(client.sealClose(4007), "closed");
    });
  }

  test("altered in any byte", async () => {
    const { sealer } = await direction();
    const message = await sealer.seal(utf8("pay"));
    for (let at = 0; at < message.length; at++) {
      const { opener } = await direction();
      const altered = message.slice();
      altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
      await rejects(opener.open(altered), "record_authentication");
    }
  });

  test("reflected", async () => {
    const { client } = await connect();
    await rejects(client.open(await client.seal(utf8("x"))), "record_authentication");
  });

  test("records before the bad one are delivered, those after it are not", async () => {
    const { sealer, opener } = await direction();
    const [a, b, c] = await Promise.all(["a", "b", "c"].map((text) => sealer.seal(utf8(text))));
    assert(a && b && c);
    const settled = await Promise.allSettled([a, b.slice(0, 3), c].map((message) => opener.open(message)));
    assert.deepEqual(
      settled.map((s) => s.status),
      ["fulfilled", "rejected", "rejected"],
    );
    assert.equal(opener.delivered, 1);
  });
});

suite("an authentic record that is malformed inside is refused", () => {
  const cases: [string, Bytes][] = [
    ["type 0", plaintext(64, 0, 0, 0)],
    ["type 3", plaintext(64, 3, 0, 0)],
    ["type 255", plaintext(64, 255, 0, 0)],
    ["longer than the record", plaintext(64, 1, 0, 62)],
    ["longest length", plaintext(61440, 1, 0xff, 0xff)],
    ["a bucket too large", plaintext(128, 1, 0, 61)],
    ["two buckets too large", plaintext(256, 1, 0, 0)],
    ["padding that is not zero", concat(plaintext(63, 1, 0, 1, 7), Uint8Array.of(1))],
    ["padding right behind the body", plaintext(64, 1, 0, 1, 7, 1)],
    ["close without a code", plaintext(64, 2, 0, 0)],
    ["close with a byte", plaintext(64, 2, 0, 1, 5)],
    ["close with three bytes", plaintext(64, 2, 0, 3, 15, 160, 1)],
  ];
  for (const [name, inside] of cases) {
    test(name, async () => {
      const { opener, forge } = await forger();
      await rejects(opener.open(await forge(inside)), "record_malformed");
      await rejects(opener.open(await forge(plaintext(64, 1, 0, 0), 1)), "record_malformed");
    });
  }

  test("of a length that is no bucket", async () => {
    for (const size of [3, 63, 65, 96, 4097, 6144, 61441, 65536]) {
      const { opener, forge } = await forger();
      await rejects(opener.open(await forge(plaintext(size, 1, 0, 0))), "record_malformed");
    }
  });
});

test("nothing follows a close record", async () => {
  const { client, sealer, opener } = await connect();
  const last = client.sealClose(1000);
  await rejects(client.seal(utf8("x")), "closed");
  await rejects(client.sealClose(1000), "closed");
  assert.deepEqual(await opener.open(await last), { type: "close", code: 1000 });
  const [close, after] = await Promise.all([sealer.sealClose(4000), sealer.seal(utf8("x")).catch(() => undefined)]);
  assert.equal(after, undefined);
  // A peer that breaks the rule: an authentic record with the next number.
  const forged = await forger();
  const code = concat(Uint8Array.of(2, 0, 2), u16(4000), new Uint8Array(59));
  const both = [await forged.forge(code), await forged.forge(plaintext(64, 1, 0, 0), 1)];
  const [first, second] = both.map((message) => forged.opener.open(message));
  assert(first && second);
  assert.deepEqual(await first, { type: "close", code: 4000 });
  await rejects(second, "closed");
  assert.equal(forged.opener.delivered, 1);
  assert.deepEqual(await client.open(close), { type: "close", code: 4000 });
  await rejects(client.open(close), "closed");
});

test("the bank's close leaves the client its own", async () => {
  const { client, sealer, opener } = await connect();
  await client.open(await sealer.sealClose(4000));
  await rejects(client.open(new Uint8Array(80)), "closed");
  assert.deepEqual(await opener.open(await client.seal(utf8("x"))), data(utf8("x")));
  assert.deepEqual(await opener.open(await client.sealClose(1000)), { type: "close", code: 1000 });
});

test("keys change in both directions while records are under way, and the time is kept", async () => {
  const margin = 100;
  const start = 3 * rekeyInterval - margin;
  const [up, down] = [await direction(start), await direction(start)];
  let now = 1000;
  const { bank, suite, channelHash: hash } = (await connect()).client;
  const agreed = { hash, sending: up.sealer.state, opening: down.opener.state };
  const client = new Channel({ suite, mlkem: undefined, agreed, bank, clock: () => now });
  const exchange = (n: number) =>
    Promise.all(
      Array.from({ length: n }, async (_, i) => {
        const body = u16(i);
        const [asked, told] = [client.seal(body), down.sealer.seal(body)];
        assert.deepEqual(await up.opener.open(await asked), data(body));
        assert.deepEqual(await client.open(await told), data(body));
      }),
    );
  await exchange(margin - 1);
  assert.deepEqual([client.rekeys, client.lastRekeyMs], [2 + 2, undefined]);
  now = 2000;
  await exchange(margin);
  assert.deepEqual([client.rekeys, client.lastRekeyMs, client.opened], [3 + 3, 2000, start + 2 * margin - 1]);
  now = 3000;
  await exchange(margin);
  assert.deepEqual([client.rekeys, client.lastRekeyMs], [3 + 3, 2000]);
});

test("a record sealed under the key before is refused after the change", async () => {
  const key = await importKey(new Uint8Array(32).fill(9));
  const state = new CipherState(key);
  while (state.records < rekeyInterval) state.next();
  const opener = new Opener(state);
  await rejects(opener.open(await encrypt(key, rekeyInterval, plaintext(64, 1, 0, 0))), "record_authentication");
});

test("a nonce is the whole counter, big endian, behind four zeros", async () => {
  const raw = new Uint8Array(32).fill(9);
  const key = await importKey(raw.slice());
  for (const [counter, nonce] of [
    [0, "000000000000000000000000"],
    [0x01020304, "000000000000000001020304"],
    [2 ** 32, "000000000000000100000000"],
    [maxCounter, "00000000001ffffffffffffe"],
  ] as const) {
    const oracle = createCipheriv("aes-256-gcm", raw, fromHex(nonce));
    const expected = concat(oracle.update(utf8("pay")), oracle.final(), oracle.getAuthTag());
    assert.deepEqual(await encrypt(key, counter, utf8("pay")), expected);
  }
});

test("no counter is used twice: a direction ends with its last", async () => {
  const { sealer, opener } = await direction(maxCounter);
  assert.deepEqual(await opener.open(await sealer.seal(utf8("last"))), data(utf8("last")));
  await rejects(sealer.seal(utf8("x")), "exhausted");
  await rejects(sealer.sealClose(1000), "exhausted");
  await rejects(opener.open(new Uint8Array(80)), "exhausted");
});

test("an engine that fails is named, and ends the direction", async () => {
  const key = await crypto.subtle.importKey("raw", new Uint8Array(32), "AES-GCM", false, ["decrypt"]);
  const sealer = new Sealer(new CipherState(key));
  const error = await rejects(sealer.seal(utf8("x")), "engine");
  assert.equal(await rejects(sealer.seal(utf8("x")), "engine"), error);
  assert.equal(await rejects(sealer.sealClose(1000), "engine"), error);
});

suite("records on both sides of a change of key, all in flight at once", () => {
  /** The records 65534 to 65538 of a direction, sealed in one turn, and the opener that waits for the first of them. */
  const around = async () => {
    const { sealer, opener } = await direction(rekeyInterval - 2);
    const bodies = ["a", "b", "c", "d", "e"].map(utf8);
    return { bodies, opener, messages: await Promise.all(bodies.map((body) => sealer.seal(body))) };
  };

  test("open, each under its own key", async () => {
    const { bodies, opener, messages } = await around();
    // What the key becomes, by another engine: what it makes of zeros at the last nonce (Noise, section 11.3).
    const before = new Uint8Array(32).fill(9);
    const after = createCipheriv("aes-256-gcm", before, fromHex("00000000ffffffffffffffff")).update(new Uint8Array(32));
    for (const [i, message] of messages.entries()) {
      const nonce = concat(new Uint8Array(8), u32(rekeyInterval - 2 + i));
      const oracle = createCipheriv("aes-256-gcm", i < 2 ? before : after, nonce);
      const inside = concat(Uint8Array.of(1, 0, 1), bodies[i] ?? assert.fail(), new Uint8Array(60));
      assert.deepEqual(message, concat(oracle.update(inside), oracle.final(), oracle.getAuthTag()), `record ${i}`);
    }
    const opened = await Promise.all(messages.map((message) => opener.open(message)));
    assert.deepEqual(opened, bodies.map(data));
  });

  for (const bad of [1, 2, 3]) {
    test(`end with number ${rekeyInterval - 2 + bad} where that is altered`, async () => {
      const { opener, messages } = await around();
      const target = messages[bad] ?? assert.fail();
      target[0] = (target[0] ?? 0) ^ 1;
      const settled = await Promise.allSettled(messages.map((message) => opener.open(message)));
      const good = settled.map((s) => s.status === "fulfilled");
      assert.deepEqual(good, [0, 1, 2, 3, 4].map((i) => i < bad));
    });
  }

  test("end where the engine makes no new key, and the one before it opens", async () => {
    const { messages } = await around();
    const key = await crypto.subtle.importKey("raw", new Uint8Array(32).fill(9), "AES-GCM", false, ["decrypt"]);
    const opener = new Opener(new CipherState(key, rekeyInterval - 2));
    const results = messages.map((message) => opener.open(message));
    const [a = assert.fail(), b = assert.fail(), ...later] = results;
    assert.deepEqual([await a, await b], [data(utf8("a")), data(utf8("b"))]);
    for (const result of later) await rejects(result, "engine");
  });
});

test("a change of key counts with the record before it: when that has opened, not when it has come", async () => {
  const { bank, suite: agreedSuite, channelHash: hash } = (await connect()).client;
  const { sealer, opener } = await direction(rekeyInterval - 1);
  const upwards = await direction(rekeyInterval - 1);
  const agreed = { hash, sending: upwards.sealer.state, opening: opener.state };
  const client = new Channel({ suite: agreedSuite, mlkem: undefined, agreed, bank, clock: () => 5 });
  assert.deepEqual([client.rekeys, client.lastRekeyMs], [0, undefined]);
  const message = await sealer.seal(utf8("x"));
  message[0] = (message[0] ?? 0) ^ 1;
  await rejects(client.open(message), "record_authentication");
  assert.deepEqual([client.rekeys, client.lastRekeyMs], [0, undefined]);
  await client.sealClose(4007);
  assert.deepEqual([client.rekeys, client.lastRekeyMs], [1, 5]);
});

test("an engine that does not open is not taken for somebody who alters records", async () => {
  const { sealer } = await direction();
  const key = await crypto.subtle.importKey("raw", new Uint8Array(32).fill(9), "AES-GCM", false, ["encrypt"]);
  await rejects(new Opener(new CipherState(key)).open(await sealer.seal(utf8("x"))), "engine");
});

test("a direction that has ended has no key any more", async () => {
  const [closed, failed] = [await direction(), await direction()];
  await closed.opener.open(await closed.sealer.sealClose(1000));
  await rejects(failed.opener.open(new Uint8Array(80)), "record_authentication");
  for (const { state } of [closed.sealer, closed.opener, failed.opener]) assert.throws(() => state.next(), TypeError);
});

test("a close code that is none closes nothing", async () => {
  const { sealer, opener } = await direction();
  for (const code of [65536, -1, 1000.5, Number.NaN]) await assert.rejects(sealer.sealClose(code), RangeError);
  assert.deepEqual(await opener.open(await sealer.sealClose(65535)), { type: "close", code: 65535 });
});

test("after a record that the engine did not seal none goes out, though it was sealed", async () => {
  const { sealer } = await direction();
  const subtle: object = crypto.subtle;
  const encrypting = crypto.subtle.encrypt.bind(crypto.subtle);
  let calls = 0;
  const value = (...call: Parameters<SubtleCrypto["encrypt"]>) =>
    ++calls === 2 ? Promise.reject(new DOMException("out of memory", "OperationError")) : encrypting(...call);
  Object.defineProperty(subtle, "encrypt", { value, configurable: true });
  try {
    const [a, b, c, close] = [..."abc"].map((text) => sealer.seal(utf8(text))).concat(sealer.sealClose(1000));
    assert(a && b && c && close);
    assert.equal((await a).length, 80);
    const error = await rejects(b, "engine");
    for (const later of [c, close]) assert.equal(await rejects(later, "engine"), error);
    assert.equal(await rejects(sealer.seal(utf8("d")), "engine"), error);
    assert.equal(calls, 4);
  } finally {
    Reflect.deleteProperty(subtle, "encrypt");
  }
});

test("failures that nobody waits for are told to nobody else", async () => {
  let unhandled = 0;
  const count = (): void => void unhandled++;
  process.on("unhandledRejection", count);
  try {
    const key = await crypto.subtle.importKey("raw", new Uint8Array(32), "AES-GCM", false, ["decrypt"]);
    new CipherState(key, rekeyInterval - 1).next(); // the next key cannot be made
    const sealer = new Sealer(new CipherState(key));
    for (const sealed of [sealer.seal(utf8("a")), sealer.seal(utf8("b"))]) await rejects(sealed, "engine");
    const { opener } = await direction();
    const results = [opener.open(new Uint8Array(80)), opener.open(new Uint8Array(80))];
    for (const result of results) await rejects(result, "record_authentication");
    await new Promise((resolve) => setImmediate(resolve)); // Node tells of unhandled ones before this
  } finally {
    process.off("unhandledRejection", count);
  }
  assert.equal(unhandled, 0);
});

test("a key cannot be read back, and its bytes are overwritten", async () => {
  const raw = new Uint8Array(32).fill(9);
  const key = await importKey(raw);
  assert.equal(key.extractable, false);
  assert.deepEqual(raw, new Uint8Array(32));
});

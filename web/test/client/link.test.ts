import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../../src/caudal/client/client.ts";
import { MemoryStore } from "../../src/caudal/client/memory-store.ts";
import { pay, Stage } from "./harness.ts";
import { rest, until, World } from "./world.ts";

test("only wss is an address", () => {
  const { runtime } = new World();
  const options = { store: new MemoryStore(), program: "test/1", deviceName: "test", runtime };
  assert.throws(() => new Client({ ...options, url: "ws://bank.example/ws" }), TypeError);
});

test("dials again after random times below a window that doubles up to twenty seconds", async () => {
  const stage = await Stage.set();
  stage.world.dialled = (wire) => wire.cut();
  stage.world.jitter = 0.999;
  stage.client.start();
  const waits: number[] = [];
  for (let n = 0; n < 8; n++) {
    await stage.linked("waiting");
    const { link } = stage.client;
    if (link.kind !== "waiting") break;
    waits.push(Math.round(link.retryAtMs - stage.world.clock.now()));
    assert.equal(link.attempt, n + 1);
    await stage.world.clock.advance(link.retryAtMs - stage.world.clock.now());
  }
  assert.deepEqual(waits, [500, 999, 1998, 3996, 7992, 15984, 19980, 19980]);
  stage.client.close();
});

test("a connection that lasted makes its loss the first; one that did not, does not", async () => {
  const stage = await Stage.signedIn();
  const attempts: number[] = [];
  for (const lastsMs of [0, 9_000, 0, 11_000, 0]) {
    await stage.world.clock.advance(lastsMs);
    await stage.cut();
    const { link } = stage.client;
    if (link.kind === "waiting") attempts.push(link.attempt);
    await stage.world.clock.advance(stage.dialsIn ?? 0);
    await stage.live();
  }
  assert.deepEqual(attempts, [1, 2, 3, 1, 2]);
  stage.client.close();
});

test("the session stays while the connection comes back", async () => {
  const stage = await Stage.signedIn();
  await stage.cut();
  assert.equal(stage.client.session?.username, "ana");
  await stage.back();
  await stage.live();
  assert.equal(stage.told.session.length, 2);
  assert.ok(stage.told.session.every((session) => session?.username === "ana"));
  stage.client.close();
});

test("a drain notice lets what is in flight be answered, and sends this side away for a random time", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.handlers.set("ping", () => undefined);
  const ping = stage.client.ping();
  const asked = await stage.bank.last.asked("ping");
  await stage.bank.last.event({ case: "draining", value: { comeBackWithinMs: 60_000 } });
  await rest();
  assert.equal(stage.client.link.kind, "live");
  await assert.rejects(stage.client.history({ account: "032180000118359719" }));
  const side = stage.bank.last;
  await side.reply(asked.id, { case: "ping", value: { timeUs: stage.bank.nowUs() } });
  await ping;
  await stage.linked("waiting");
  assert.equal(stage.why, "draining");
  assert.equal(stage.dialsIn, 30_000);
  await until(() => side.closeCode !== undefined, "a good-bye");
  assert.equal(side.closeCode, 1000);
  stage.world.hint("wake");
  await rest();
  assert.equal(stage.client.link.kind, "waiting");
  await stage.world.clock.advance(30_000);
  await stage.live();
  stage.client.close();
});

test("a draining bank that closes by itself is left for as long as it said", async () => {
  const stage = await Stage.signedIn();
  stage.bank.handlers.set("ping", () => undefined);
  stage.client.ping().catch(() => undefined);
  await stage.bank.last.asked("ping");
  await stage.bank.last.event({ case: "draining", value: { comeBackWithinMs: 8000 } });
  await stage.bank.last.close(4000);
  await stage.linked("waiting");
  assert.equal(stage.why, "draining");
  assert.equal(stage.dialsIn, 4000);
  stage.client.close();
});

for (const [code, why] of [
  [4000, "draining"],
  [4001, "closed"],
  [4003, "closed"],
  [4004, "refused"],
  [4007, "bad_record"],
  [4321, "closed"],
] as const) {
  test(`close code ${code} means come back: ${why}`, async () => {
    const stage = await Stage.signedIn();
    await stage.bank.last.close(code);
    await stage.linked("waiting");
    assert.equal(stage.why, why);
    await stage.back();
    await stage.live();
    stage.client.close();
  });
}

for (const [code, why] of [
  [4501, { code: "protocol", closeCode: 4501 }],
  [4502, { code: "version" }],
  [4503, { code: "logged_out" }],
  [4505, { code: "user_closed" }],
  [4777, { code: "protocol", closeCode: 4777 }],
] as const) {
  test(`close code ${code} means do not come back`, async () => {
    const stage = await Stage.signedIn();
    await stage.bank.last.close(code);
    await stage.linked("stopped");
    assert.deepEqual(stage.client.link, { kind: "stopped", why });
    const dials = stage.bank.sides.length;
    await stage.world.clock.advance(3_600_000);
    stage.world.hint("online");
    await rest();
    assert.equal(stage.bank.sides.length, dials);
    stage.client.start();
    if (code !== 4505) await stage.live();
    stage.client.close();
  });
}

test("a bank that never answers the handshake is given up in time", async () => {
  const stage = await Stage.set();
  stage.bank.deaf = true;
  stage.client.start();
  await rest();
  await stage.world.clock.advance(14_999);
  assert.equal(stage.client.link.kind, "connecting");
  await stage.world.clock.advance(1);
  assert.equal(stage.why, "silent");
  await rest();
  assert.equal(stage.bank.last.gone, true);
  stage.client.close();
});

test("a bank that answers the handshake and then nothing is given up in time", async () => {
  const stage = await Stage.set();
  stage.bank.handlers.set("hello", () => undefined);
  stage.client.start();
  await until(() => stage.bank.sides.length === 1, "a dial");
  await stage.bank.last.asked("hello");
  await stage.world.clock.advance(15_000);
  assert.equal(stage.why, "silent");
  stage.client.close();
});

test("a server that chooses another subprotocol is not spoken to", async () => {
  const stage = await Stage.set();
  stage.world.dialled = (wire) => wire.accept({ message: () => assert.fail("something was sent"), closed: () => undefined }, "");
  stage.client.start();
  await stage.linked("waiting");
  assert.equal(stage.why, "bad_record");
  assert.deepEqual(stage.world.wires[0]?.offered, ["caudal.v1"]);
  stage.client.close();
});

test("who does not want to wait dials at once, and only one connection is made", async () => {
  const stage = await Stage.signedIn();
  await stage.cut();
  stage.client.hurry();
  stage.client.hurry();
  await stage.live();
  assert.equal(stage.bank.sides.length, 2);
  stage.client.hurry();
  await stage.world.clock.advance(30_000);
  assert.equal(stage.bank.sides.length, 2);
  stage.client.close();
});

test("close says good-bye, and nothing comes after it", async () => {
  const stage = await Stage.signedIn();
  const side = stage.bank.last;
  stage.client.close();
  await until(() => side.closeCode !== undefined, "a good-bye");
  assert.equal(side.closeCode, 1000);
  await stage.world.clock.advance(3_600_000);
  assert.equal(stage.bank.sides.length, 1);
  assert.deepEqual(stage.client.link, { kind: "stopped", why: { code: "closed" } });
});

test("the bank's clock dates the keys, however wrong this machine's is, and heartbeats correct it", async () => {
  const stage = await Stage.signedIn(1000n);
  const { nowUs } = stage.bank;
  const ahead = 7_200_000;
  stage.bank.nowUs = () => nowUs.call(stage.bank) + BigInt(ahead) * 1000n;
  assert.equal(stage.client.serverNowMs(), stage.world.clock.now());
  await stage.bank.last.event({ case: "heartbeat", value: { timeUs: stage.bank.nowUs() } });
  await until(() => stage.client.serverNowMs() === stage.world.clock.now() + ahead, "the bank's time");
  const { key } = await stage.client.order(pay());
  assert.equal(Number.parseInt(key.replace("-", "").slice(0, 12), 16), stage.world.clock.now() + ahead);
  stage.client.close();
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { LinkError } from "../../src/caudal/client/errors.ts";
import { own } from "./fake-ledger.ts";
import { pay, Stage } from "./harness.ts";
import { rest, until } from "./world.ts";

test("commands of the same turn share a frame", async () => {
  const stage = await Stage.signedIn();
  const before = stage.bank.last.frames.length;
  await Promise.all(Array.from({ length: 20 }, () => stage.client.history({ account: own })));
  assert.deepEqual(stage.bank.last.frames.slice(before), [20]);
  stage.client.close();
});

test("no more commands are unanswered than the bank allows; the rest waits its turn", async () => {
  const stage = await Stage.set();
  stage.bank.inFlight = 3;
  stage.client.start();
  await stage.client.login({ username: "ana", password: "correct horse battery" });
  await stage.live();
  const side = stage.bank.last;
  const before = side.commands.length;
  stage.bank.handlers.set("history", () => undefined);
  const answers = Array.from({ length: 7 }, () => stage.client.history({ account: own }));
  await rest();
  assert.equal(side.commands.length - before, 3);
  for (let n = 0; n < 7; n++) {
    const command = side.commands[before + n];
    assert.ok(command, `command ${n}`);
    await side.reply(command.id, { case: "history", value: {} });
    await rest();
    assert.equal(side.commands.length - before, Math.min(7, n + 4));
  }
  await Promise.all(answers);
  stage.client.close();
});

test("what waits is bounded", async () => {
  const stage = await Stage.set();
  stage.bank.inFlight = 1;
  stage.client.start();
  await stage.client.login({ username: "ana", password: "correct horse battery" });
  await stage.live();
  stage.bank.handlers.set("history", () => undefined);
  const answers = Array.from({ length: 1100 }, () => stage.client.history({ account: own }));
  const outcomes = Promise.allSettled(answers);
  await rest();
  stage.client.close();
  const refused = (await outcomes).filter((o) => o.status === "rejected" && o.reason instanceof LinkError);
  assert.equal(refused.length, 1100);
});

/** What a server must not say: the client hangs up with the code, and dials again. */
const hostile: [string, number | undefined, (stage: Stage) => Promise<void> | void][] = [
  ["a reply to nothing", 4501, ({ bank }) => bank.last.reply(4711n, { case: "ping", value: {} })],
  ["no protobuf", 4501, ({ bank }) => bank.last.raw(Uint8Array.of(0xff, 0xff, 0xff))],
  [
    "a balance that differs from its leg",
    4501,
    async ({ bank }) => {
      const event = await bank.ledger.post(1n);
      if (event.case === "balance") await bank.last.event({ ...event, value: { ...event.value, balanceMinor: 9n } } as typeof event);
    },
  ],
  ["an account without a CLABE", 4501, ({ bank }) => bank.last.event({ case: "accountOpened", value: { account: {} } })],
  ["a clock beyond all years", 4501, ({ bank }) => bank.last.event({ case: "heartbeat", value: { timeUs: 1n } })],
  ["a record that does not open", 4007, ({ bank }) => bank.last.send(new Uint8Array(80).buffer)],
  ["a message that is too long", 4008, ({ bank }) => bank.last.send(new Uint8Array(61_457).buffer)],
  ["text", 4008, ({ bank }) => bank.last.send("hello")],
];

for (const [what, code, say] of hostile) {
  test(`${what} ends the connection, and a new one is made`, async () => {
    const stage = await Stage.signedIn();
    const side = stage.bank.last;
    await say(stage);
    await stage.linked("waiting");
    assert.equal(stage.why, "bad_record");
    await until(() => side.closeCode !== undefined, "the reason");
    assert.equal(side.closeCode, code);
    await stage.back();
    await stage.live();
    stage.client.close();
  });
}

test("a second reply to the same command ends the connection, and settles nothing twice", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.handlers.set("transfer", async (command, side) => {
    const result = await stage.bank.standard(command, side);
    if (result !== undefined) await side.reply(command.id, result);
    return result;
  });
  const order = await stage.client.order(pay());
  assert.equal(order.state, "done");
  await stage.linked("waiting");
  assert.equal(stage.told.order.filter(({ state }) => state === "done").length, 1);
  stage.client.close();
});

test("an answer of another kind ends the connection", async () => {
  const stage = await Stage.signedIn();
  stage.bank.handlers.set("history", () => ({ case: "ping", value: {} }));
  await assert.rejects(stage.client.history({ account: own }), LinkError);
  await stage.linked("waiting");
  stage.client.close();
});

test("events that nobody knows, and of accounts that nobody has, are skipped", async () => {
  const stage = await Stage.signedIn(1000n);
  // Event 99, and a message that is neither reply nor event.
  await stage.bank.last.raw(Uint8Array.of(0x0a, 0x05, 0x12, 0x03, 0x9a, 0x06, 0x00));
  await stage.bank.last.raw(Uint8Array.of(0x0a, 0x00));
  const event = stage.bank.ledger.event();
  if (event.case === "balance") {
    await stage.bank.last.event({ case: "balance", value: { ...event.value, account: "002010077777777771", version: 9n } } as typeof event);
  }
  await rest();
  assert.equal(stage.client.link.kind, "live");
  assert.equal(stage.client.accounts.size, 1);
  stage.client.close();
});

test("what comes after a close record is not handled", async () => {
  const stage = await Stage.signedIn(1000n);
  const side = stage.bank.last;
  await side.close(4001);
  side.send(new Uint8Array(80).buffer);
  await stage.linked("waiting");
  assert.equal(stage.why, "closed");
  stage.client.close();
});

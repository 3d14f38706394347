import assert from "node:assert/strict";
import { test } from "node:test";

import { browserRuntime } from "../../src/caudal/client/runtime.ts";
import { Steady } from "../../src/caudal/client/steady.ts";
import { credentials, pay, Stage } from "./harness.ts";
import { rest } from "./world.ts";

/** Somebody is signed in at a bank that speaks every ten seconds, on a page that nobody sees. */
async function hidden(): Promise<Stage> {
  const stage = await Stage.set();
  stage.bank.heartbeatMs = 10_000;
  stage.world.visible = false;
  stage.client.start();
  await stage.client.login(credentials);
  await stage.live();
  return stage;
}

function pings({ bank }: Stage): number {
  return bank.last.commands.filter((command) => command.request.case === "ping").length;
}

async function heartbeat({ bank }: Stage): Promise<void> {
  await bank.last.event({ case: "heartbeat", value: { timeUs: bank.nowUs() } });
  await rest();
}

test("silence for two and a half heartbeats is the end of the connection", async () => {
  const stage = await hidden();
  for (let n = 0; n < 5; n++) {
    await stage.world.clock.advance(10_000);
    await heartbeat(stage);
  }
  assert.equal(stage.bank.sides.length, 1);
  const heard = stage.client.lastHeardMs;
  assert.equal(heard, stage.world.clock.now());
  stage.bank.deaf = true;
  await stage.world.clock.advance(24_999);
  assert.equal(stage.client.link.kind, "live");
  await stage.world.clock.advance(1);
  assert.equal(stage.why, "silent");
  assert.equal(stage.client.lastHeardMs, heard);
  stage.client.close();
});

test("a page that is seen asks a silent bank after ten seconds, and gives it up five later", async () => {
  const stage = await Stage.signedIn();
  await stage.world.clock.advance(35_000);
  assert.equal(pings(stage), 3);
  stage.bank.deaf = true;
  await stage.world.clock.advance(9_999);
  assert.equal(stage.client.link.kind, "live");
  await stage.world.clock.advance(1);
  assert.equal(stage.why, "silent");
  assert.equal(stage.bank.sides.length, 1);
  stage.client.close();
});

test("a page that nobody sees pings only well within the idle timeout", async () => {
  const stage = await Stage.signedIn();
  await stage.world.clock.advance(1);
  stage.world.visible = false;
  await stage.world.clock.advance(99_999);
  assert.equal(pings(stage), 2);
  assert.equal(stage.bank.sides.length, 1);
  stage.client.close();
});

test("where the browser holds the timers back, what the bank says is the moment to ping", async () => {
  const stage = await hidden();
  for (let n = 0; n < 9; n++) {
    stage.world.clock.sleep(10_000);
    await heartbeat(stage);
  }
  assert.equal(pings(stage), 2);
  assert.equal(stage.bank.sides.length, 1);
  stage.client.close();
});

test("who watches the round trip sees it every few seconds", async () => {
  const stage = await Stage.signedIn();
  stage.world.visible = true;
  const seen = stage.told.channel.length;
  const end = stage.client.watchRoundTrip();
  await rest();
  await stage.world.clock.advance(20_000);
  assert.equal(stage.told.channel.length - seen, 5);
  assert.equal(stage.client.channel?.rttMs, 0);
  end();
  stage.world.visible = false;
  await stage.world.clock.advance(30_000);
  assert.equal(stage.told.channel.length - seen, 5);
  stage.client.close();
});

test("a machine that slept asks at once, and does not trust what it has", async () => {
  const stage = await Stage.signedIn();
  stage.bank.deaf = true;
  stage.world.clock.sleep(60_000);
  stage.world.hint("wake");
  await stage.world.clock.advance(4_999);
  assert.equal(stage.client.link.kind, "live");
  await stage.world.clock.advance(1);
  assert.equal(stage.why, "silent");
  stage.bank.deaf = false;
  stage.world.hint("online");
  await stage.live();
  stage.client.close();
});

test("a page that wakes to more silence than the bank leaves is not live for a moment, and dials at once", async () => {
  const stage = await hidden();
  stage.world.clock.sleep(12_501);
  assert.equal(stage.client.link.kind, "live");
  stage.world.hint("wake");
  assert.deepEqual(stage.client.link, { kind: "connecting", attempt: 1 });
  assert.equal(stage.client.subscribed, false);
  assert.deepEqual(
    stage.told.link.slice(-2).map((link) => link.kind),
    ["waiting", "connecting"],
  );
  await stage.live();
  assert.equal(stage.bank.sides.length, 2);
  stage.client.close();
});

test("a page that is seen again within a heartbeat keeps its connection", async () => {
  const stage = await hidden();
  stage.world.clock.sleep(10_500);
  stage.world.visible = true;
  stage.world.hint("wake");
  await rest();
  await stage.world.clock.advance(20_000);
  assert.equal(stage.bank.sides.length, 1);
  assert.equal(stage.client.link.kind, "live");
  stage.client.close();
});

test("what waited in front of a page that stood still is no news: it is asked afresh", async () => {
  const stage = await hidden();
  const timeUs = stage.bank.nowUs();
  stage.world.clock.sleep(26_000);
  await stage.bank.last.event({ case: "heartbeat", value: { timeUs } });
  await stage.linked("waiting");
  assert.equal(stage.why, "silent");
  assert.equal(stage.client.serverNowMs(), stage.world.clock.now());
  stage.client.close();
});

test("a machine whose clock is set back still sees a dead connection, and how old the figures are", async () => {
  const stage = await hidden();
  stage.world.clock.set(-7_200_000);
  stage.bank.deaf = true;
  await stage.world.clock.advance(24_999);
  assert.equal(stage.world.clock.now() - stage.client.lastHeardMs, 24_999);
  assert.equal(stage.client.link.kind, "live");
  await stage.world.clock.advance(1);
  assert.equal(stage.why, "silent");
  assert.equal(stage.world.clock.now() - stage.client.lastHeardMs, 25_000);
  stage.client.close();
});

test("a machine whose clock is set pays by the bank's all the same", async () => {
  const stage = await Stage.signedIn(1000n);
  const before = stage.client.serverNowMs();
  stage.world.clock.set(-3 * 24 * 3_600_000);
  assert.equal(stage.client.serverNowMs(), before);
  const { key, state } = await stage.client.order(pay());
  assert.equal(Number.parseInt(key.replace("-", "").slice(0, 12), 16), before);
  assert.equal(state, "done");
  stage.client.close();
});

test("a command that is never answered ends the connection, and the order is unknown until it is", async () => {
  const stage = await hidden();
  await stage.bank.ledger.post(1000n);
  stage.bank.handlers.set("transfer", () => undefined);
  const settles = stage.client.order(pay());
  await stage.bank.last.asked("transfer");
  for (let n = 0; n < 5; n++) {
    await stage.world.clock.advance(10_000);
    await heartbeat(stage);
  }
  await stage.world.clock.advance(9_999);
  assert.equal(stage.client.link.kind, "live");
  stage.bank.handlers.clear();
  await stage.world.clock.advance(1);
  assert.equal(stage.why, "silent");
  assert.equal(stage.client.orders[0]?.state, "unknown");
  await stage.back();
  assert.equal((await settles).state, "done");
  assert.equal(stage.bank.ledger.paid, 1);
  stage.client.close();
});

test("offline is checked, not believed", async () => {
  const stage = await Stage.signedIn();
  stage.world.online = false;
  stage.world.hint("offline");
  await stage.world.clock.advance(10_000);
  assert.equal(stage.client.link.kind, "live");
  stage.bank.deaf = true;
  stage.world.hint("offline");
  await stage.world.clock.advance(5_000);
  assert.equal(stage.why, "offline");
  stage.client.close();
});

test("steady time has sleep in it, never goes back, and does not gain by being read", () => {
  let [wall, ran] = [1000, 0];
  const steady = new Steady(
    () => wall,
    () => ran,
  );
  const pass = (wallMs: number, ranMs: number): number => {
    [wall, ran] = [wall + wallMs, ran + ranMs];
    return steady.elapsed();
  };
  assert.equal(pass(100, 100), 100);
  assert.equal(pass(-3_600_000, 50), 150);
  assert.equal(pass(60_000, 0), 60_150); // asleep
  for (let n = 0; n < 1000; n++) pass(n % 2, 0.5); // the clock shows whole milliseconds
  assert.equal(Math.round(steady.elapsed()), 60_650);
});

test("a machine that wakes under a page that is seen is noticed, though nothing says so", (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "Date"] });
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  Object.assign(globalThis, { window: new EventTarget(), document: page });
  t.after(() => {
    Reflect.deleteProperty(globalThis, "window");
    Reflect.deleteProperty(globalThis, "document");
  });
  const hints: string[] = [];
  const end = browserRuntime.hints((hint) => hints.push(hint));
  for (let n = 0; n < 10; n++) t.mock.timers.tick(2_000);
  assert.deepEqual(hints, []);
  t.mock.timers.setTime(Date.now() + 60_000); // the clock goes on, and no timer has run
  t.mock.timers.tick(2_000);
  assert.deepEqual(hints, ["wake"]);
  page.visibilityState = "hidden";
  t.mock.timers.setTime(Date.now() + 60_000);
  t.mock.timers.tick(2_000);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(hints, ["wake", "wake"]);
  end();
  t.mock.timers.setTime(Date.now() + 60_000);
  t.mock.timers.tick(2_000);
  assert.deepEqual(hints, ["wake", "wake"]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amountMaxMinor, amountMinMinor, Bot, type BotWorld } from '../../src/demo/bot.ts';
import type { Side } from '../../src/demo/holder.ts';

/** A world whose seconds pass when told. */
function world(available: Record<Side, bigint | undefined>, random: () => number = Math.random) {
  const paid: { from: Side; amountMinor: bigint }[] = [];
  const ticks = new Set<() => void>();
  let settle: (() => void) | undefined;
  const it: BotWorld = {
    available: (side) => available[side],
    pay: (from, amountMinor) => {
      paid.push({ from, amountMinor });
      return new Promise<void>((resolve) => {
        settle = resolve;
      });
    },
    memos: ['coffee'],
    random,
    setInterval: (job) => {
      ticks.add(job);
      return () => ticks.delete(job);
    },
  };
  return {
    it,
    paid,
    available,
    second: () => ticks.forEach((job) => job()),
    settle: async () => {
      settle?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('it pays at once, then each second, and never has two payments under way', async () => {
  const w = world({ left: 10_000_00n, right: 10_000_00n });
  const bot = new Bot(w.it);
  bot.start();
  bot.start();
  assert.equal(w.paid.length, 1);
  w.second();
  assert.equal(w.paid.length, 1, 'the first is not settled yet');
  await w.settle();
  w.second();
  assert.equal(w.paid.length, 2);
});

test('it stops when it is told to', async () => {
  const w = world({ left: 10_000_00n, right: 10_000_00n });
  const bot = new Bot(w.it);
  bot.start();
  await w.settle();
  bot.stop();
  assert.equal(bot.running.value, false);
  w.second();
  assert.equal(w.paid.length, 1);
});

test('it waits while a side is away, and goes on by itself', async () => {
  const w = world({ left: 10_000_00n, right: undefined });
  const bot = new Bot(w.it);
  bot.start();
  w.second();
  assert.equal(w.paid.length, 0);
  w.available.right = 5_00n;
  w.second();
  assert.equal(w.paid.length, 1);
});

test('amounts stay within their bounds and within what is there', async () => {
  for (const random of [0, 0.25, 0.5, 0.999_999]) {
    const w = world({ left: 10_000_00n, right: 0n }, () => random);
    const bot = new Bot(w.it);
    bot.start();
    const [paid] = w.paid;
    if (random < 1) {
      assert.equal(paid?.from, 'left', 'only the left side has money');
    }
    assert.ok(paid !== undefined && paid.amountMinor >= BigInt(amountMinMinor) && paid.amountMinor <= BigInt(amountMaxMinor));
  }
  const poor = world({ left: 50n, right: 0n }, () => 0);
  new Bot(poor.it).start();
  assert.equal(poor.paid.length, 0);
});

test('a payment that fails does not end it', async () => {
  const w = world({ left: 10_000_00n, right: 10_000_00n });
  let calls = 0;
  const bot = new Bot({
    ...w.it,
    pay: () => {
      calls++;
      return Promise.reject(new Error('cut'));
    },
  });
  bot.start();
  await new Promise((resolve) => setImmediate(resolve));
  w.second();
  assert.equal(calls, 2);
});

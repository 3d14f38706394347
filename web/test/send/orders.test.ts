import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderLog } from '../../src/app/views/orders/log.ts';
import { newsMs, oldOrders, quickMs, stripOrders, untilChangeMs } from '../../src/app/views/orders/strip.ts';
import { OrderWatch } from '../../src/app/views/orders/watch.ts';
import type { Events, Order } from '../../src/caudal/index.ts';
import { keyA, keyB, order } from './make.ts';

test('what needs a person stands first, and what was carried out is news for a while', () => {
  const orders = [
    order('done', 'done', { settledAtMs: 5_000 }),
    order('old', 'done', { settledAtMs: 4_000 }),
    order('sending', 'sending'),
    order('refused', 'refused', { settledAtMs: 1 }),
    order('unknown', 'unknown'),
    order('newer', 'unknown', { createdAtMs: 2_000 }),
    order('here', 'unknown'),
  ];
  const now = 4_000 + newsMs;
  const keys = stripOrders(orders, now, 'here').map(({ key }) => key);
  assert.deepEqual(keys, ['newer', 'unknown', 'refused', 'sending', 'done']);
  assert.deepEqual(oldOrders(orders, now).map(({ key }) => key), ['old']);
  assert.equal(untilChangeMs(orders.slice(0, 1), now), 1_000);
  assert.equal(untilChangeMs(orders.slice(2), now), undefined, 'nothing else goes away by itself');
});

test('the log says what this page saw, and after a reload what the order itself says', () => {
  const log = new OrderLog();
  log.note(order(keyA, 'sending'), 1_001);
  log.note(order(keyA, 'sending'), 1_002);
  log.note(order(keyA, 'unknown'), 3_000);
  assert.deepEqual(log.of(order(keyA, 'unknown')), [
    { state: 'created', atMs: 1_000 },
    { state: 'sending', atMs: 1_001 },
    { state: 'unknown', atMs: 3_000 },
  ]);
  log.note(order(keyA, 'done', { settledAtMs: 9_000 }), 9_001);
  assert.deepEqual(log.of(order(keyA, 'done', { settledAtMs: 9_000 })).at(-1), { state: 'done', atMs: 9_000 });

  assert.deepEqual(new OrderLog().of(order(keyA, 'refused', { settledAtMs: 9_000 })), [
    { state: 'created', atMs: 1_000 },
    { state: 'refused', atMs: 9_000 },
  ]);
});

test('what is settled at once never flickers in the strip', () => {
  const orders = [order('quick', 'sending'), order('adopted', 'unknown')]; // created at 1,000
  assert.deepEqual(stripOrders(orders, 1_000 + quickMs - 1), []);
  assert.equal(untilChangeMs(orders, 1_000), quickMs);
  assert.equal(stripOrders(orders, 1_000 + quickMs).length, 2);
  assert.equal(stripOrders([order('refused', 'refused')], 1_000).length, 1, 'a refusal is shown at once');
});

test('changes of one moment are told together, each once, and what was so before the page is no news', async () => {
  const told: string[][] = [];
  let listener: (order: Order) => void = () => {};
  const client = {
    orders: [order('known', 'unknown')],
    serverNowMs: () => 1_000 + quickMs,
    on<K extends keyof Events>(kind: K, f: (event: Events[K]) => void) {
      assert.equal(kind, 'order');
      listener = f as (event: Order) => void;
      return () => {};
    },
  };
  new OrderWatch(client, (orders) => told.push(orders.map(({ key, state }) => `${key} ${state}`)));
  const moment = async (...orders: Order[]) => {
    orders.forEach((one) => listener(one));
    await Promise.resolve();
    return told.splice(0);
  };
  assert.deepEqual(await moment(order('known', 'unknown'), order('stored', 'done')), []);
  assert.deepEqual(await moment(order('other tab', 'unknown', { createdAtMs: 1_001 })), [], 'another page has only just given it');
  assert.deepEqual(await moment(order('left over', 'unknown')), [['left over unknown']]);
  assert.deepEqual(await moment(order(keyA, 'sending'), order(keyA, 'done'), order('known', 'refused')), [
    [`${keyA} done`, 'known refused'],
  ]);
  assert.deepEqual(await moment(order(keyA, 'done')), []);
  assert.deepEqual(await moment(order(keyB, 'sending', { createdAtMs: 2_499 }), order(keyB, 'unknown', { createdAtMs: 2_499 })), [
    [`${keyB} unknown`],
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderLog } from '../../src/app/views/orders/log.ts';
import { newsMs, oldOrders, stripOrders, untilOldMs } from '../../src/app/views/orders/strip.ts';
import { keyA, order } from './make.ts';

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
  assert.equal(untilOldMs(orders.slice(0, 1), now), 1_000);
  assert.equal(untilOldMs(orders.slice(2), now), undefined, 'nothing else goes away by itself');
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

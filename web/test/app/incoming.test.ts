import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { LegSchema } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { announcement, clearToasts, dismissToast, toast, toasts, toastsMax } from '../../src/app/announce.ts';
import { Incoming, quietMs, type Arrived } from '../../src/app/incoming.ts';

const currencies: Record<string, string> = { mine: 'MXN', savings: 'MXN', dollars: 'USD' };

function setUp() {
  const told: Arrived[] = [];
  const timers: { f: () => void; ms: number }[] = [];
  const incoming = new Incoming({
    currencyOf: (account) => currencies[account],
    tell: (arrived) => told.push(arrived),
    later: (f, ms) => {
      const timer = { f, ms };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), 1);
    },
  });
  return {
    incoming,
    told,
    timers,
    /** Lets the pause pass. */
    pass: () => timers.shift()?.f(),
    receive: (amountMinor: bigint, { account = 'mine', from = 'luis', fresh = true } = {}) =>
      incoming.receive([{ account, fresh, leg: create(LegSchema, { amountMinor, counterparty: from }) }]),
  };
}

test('the first is told at once, by itself', () => {
  const { receive, told, timers } = setUp();
  receive(5000n);
  assert.equal(told.length, 1);
  assert.equal(told[0]?.movements, 1);
  assert.equal(told[0]?.only?.leg.amountMinor, 5000n);
  assert.deepEqual(timers.map(({ ms }) => ms), [quietMs]);
});

test('a flood is one line for each pause', () => {
  const { receive, told, pass, timers } = setUp();
  receive(100n);
  for (let i = 0; i < 1000; i++) {
    receive(34n);
  }
  receive(7n, { account: 'dollars' });
  assert.equal(told.length, 1);
  pass();
  assert.equal(told.length, 2);
  assert.equal(told[1]?.movements, 1001);
  assert.equal(told[1]?.only, undefined);
  assert.deepEqual([...(told[1]?.sums ?? [])], [['MXN', 34_000n], ['USD', 7n]]);
  pass();
  assert.equal(told.length, 2, 'nothing more came');
  assert.equal(timers.length, 0);
  receive(1n);
  assert.equal(told.length, 3, 'after a pause in which nothing came, the next is told at once');
});

test('what went out, what is old, and what moved between own accounts is no news', () => {
  const { receive, told } = setUp();
  receive(-5000n);
  receive(0n);
  receive(5000n, { fresh: false });
  receive(5000n, { account: 'savings', from: 'mine' });
  receive(5000n, { account: 'of somebody else' });
  assert.equal(told.length, 0);
});

test('nothing is told after it was stopped', () => {
  const { receive, told, incoming, timers } = setUp();
  receive(1n);
  receive(1n);
  incoming.stop();
  assert.equal(timers.length, 0);
  assert.equal(told.length, 1);
});

test('there are never more toasts than fit, and the newest stay', () => {
  const ids = Array.from({ length: toastsMax + 5 }, (_, i) => toast(`n. ${i}`));
  assert.equal(toasts.value.length, toastsMax);
  assert.deepEqual(toasts.value.map(({ id }) => id), ids.slice(-toastsMax));
  ids.forEach(dismissToast);
  assert.equal(toasts.value.length, 0);
});

test('nothing that was told outlives the session', () => {
  toast('You received $5.00');
  clearToasts();
  assert.equal(toasts.value.length, 0);
  assert.equal(announcement.value, '');
});

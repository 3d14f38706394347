import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { signal } from '@preact/signals';
import {
  AccountSchema,
  FindHoldersResultSchema,
  HolderSchema,
  ListAuditResultSchema,
  ReceiptSchema,
  TellerLimitsSchema,
} from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import type { Order, Session } from '../../src/caudal/index.ts';
import type { Freshness } from '../../src/app/freshness.ts';
import { Desk, type DeskBank } from '../../src/app/views/teller/desk.ts';

type Given = { command: Order['command']; key: string; settle(order: Order): void; fail(error: unknown): void };

/** A bank that does what the test says, and counts what it was asked. */
function bankOf() {
  const account = create(AccountSchema, { clabe: '032180000118359719', name: 'Diario', currency: 'MXN', balanceMinor: 1_000n, availableMinor: 1_000n });
  const holder = create(HolderSchema, { username: 'ana', owner: 'Ana Torres', accounts: [account] });
  const given: Given[] = [];
  const dismissed: string[] = [];
  const asked = { limits: 0, audit: 0, holders: [] as string[] };
  const orders = signal<readonly Order[]>([]);
  const session = signal<Session | undefined>({ username: 'caja' } as Session);
  const freshness = signal<Freshness>({ kind: 'live' });
  const bank: DeskBank = {
    accounts: signal([]),
    orders,
    session,
    freshness,
    client: {
      order: (command, key = '') => new Promise<Order>((settle, fail) => given.push({ command, key, settle, fail })),
      dismissOrder: async (key) => void dismissed.push(key),
      findHolders: async (query) => {
        asked.holders.push(query);
        return create(FindHoldersResultSchema, { holders: [{ ...holder, accounts: [{ ...account, balanceMinor: 2_000n }] }] });
      },
      listAudit: async () => {
        asked.audit++;
        return create(ListAuditResultSchema, {});
      },
      tellerLimits: async (currency = '') => {
        asked.limits++;
        return create(TellerLimitsSchema, { currency, operationMaxMinor: 500n, dayMaxMinor: 900n });
      },
      serverNowMs: () => 1_700_000_000_000,
    },
  };
  const desk = new Desk(bank);
  const toReview = () => {
    desk.move({ kind: 'choose_holder', customer: { holder, asOfMs: 0 } });
    desk.move({ kind: 'draft', draft: { way: 'withdraw', amount: '1.50', memo: '  cafe\u0301 ' } });
    desk.move({ kind: 'review', amountMinor: 150n });
  };
  const order = (key: string, state: Order['state'], more: Partial<Order> = {}): Order => ({
    key,
    username: 'caja',
    createdAtMs: 0,
    state,
    command: { kind: 'withdraw', account: account.clabe, amountMinor: 150n, currency: 'MXN', memo: 'café', holder: 'Ana Torres' },
    ...more,
  });
  return { desk, given, dismissed, asked, orders, session, freshness, toReview, order };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('an order is given once, however often somebody presses', () => {
  const { desk, given, toReview } = bankOf();
  toReview();
  desk.confirm();
  desk.confirm();
  assert.equal(given.length, 1);
  assert.match(given[0]?.key ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assert.deepEqual(given[0]?.command, { kind: 'withdraw', account: '032180000118359719', amountMinor: 150n, currency: 'MXN', memo: 'café', holder: 'Ana Torres' });
});

test('nothing is ordered while the connection is not live', () => {
  const { desk, given, freshness, toReview } = bankOf();
  toReview();
  freshness.value = { kind: 'reconnecting', ageMs: 1 };
  desk.confirm();
  assert.equal(given.length, 0);
  assert.equal(desk.counter.value.step, 'review');
});

test('the order on the screen follows its key from sending to done, and stays when it is put away', async () => {
  const { desk, given, orders, order, toReview, asked } = bankOf();
  await turn();
  const before = asked.limits;
  toReview();
  desk.confirm();
  const key = given[0]?.key ?? '';
  orders.value = [order(key, 'sending')];
  assert.equal(desk.order.value?.state, 'sending');
  orders.value = [order(key, 'unknown')];
  assert.equal(desk.order.value?.state, 'unknown');
  assert.equal(asked.limits, before, 'nothing is settled yet');
  orders.value = [order(key, 'done', { receipt: create(ReceiptSchema, { balanceMinor: 850n }) })];
  assert.equal(desk.order.value?.receipt?.balanceMinor, 850n);
  assert.equal(asked.limits, before + 1, 'what is left is read again');
  orders.value = [];
  assert.equal(desk.order.value?.state, 'done');
});

test('an order that could not be kept returns to its review; one that was noted does not', async () => {
  const { desk, given, orders, order, toReview } = bankOf();
  toReview();
  desk.confirm();
  given[0]?.fail(new Error('storage is full'));
  await turn();
  assert.equal(desk.counter.value.step, 'review');
  desk.confirm();
  assert.notEqual(given[1]?.key, given[0]?.key, 'a new order has a new key');
  orders.value = [order(given[1]?.key ?? '', 'sending')];
  given[1]?.fail(new Error('closed'));
  await turn();
  assert.equal(desk.counter.value.step, 'order');
});

test('an unsettled order like the one under review is pointed out, a settled one is not', () => {
  const { desk, orders, order, toReview } = bankOf();
  orders.value = [order('a', 'unknown'), order('b', 'done')];
  toReview();
  assert.equal(desk.twins.value, 1);
  assert.deepEqual(desk.others.value.map((o) => o.key), ['a', 'b']);
});

test('the next customer puts a settled order away, and leaves one that nobody knows of', () => {
  const { desk, dismissed, given, orders, order, toReview } = bankOf();
  toReview();
  desk.confirm();
  const first = given[0]?.key ?? '';
  orders.value = [order(first, 'unknown')];
  desk.move({ kind: 'next_customer' });
  assert.deepEqual(dismissed, []);
  assert.deepEqual(desk.others.value.map((o) => o.key), [first]);
  orders.value = [order(first, 'done')];
  desk.move({ kind: 'show', key: first });
  assert.equal(desk.order.value?.state, 'done');
  desk.move({ kind: 'next_customer' });
  assert.deepEqual(dismissed, [first]);
});

test('balances are read again by an account number, for the same customer', async () => {
  const { desk, asked, toReview } = bankOf();
  toReview();
  await desk.lookAgain();
  const at = desk.counter.value;
  assert.deepEqual(asked.holders, ['032180000118359719']);
  assert.ok(at.step === 'review' && at.account.balanceMinor === 2_000n && at.draft.amount === '1.50');
});

test('another teller finds an empty counter', () => {
  const { desk, session, toReview } = bankOf();
  toReview();
  session.value = undefined;
  assert.equal(desk.counter.value.step, 'review', 'a connection that is away changes nothing');
  session.value = { username: 'otra' } as Session;
  assert.equal(desk.counter.value.step, 'search');
});

test('what was refused and is corrected is put away', () => {
  const { desk, dismissed, given, orders, order, toReview } = bankOf();
  toReview();
  desk.confirm();
  const key = given[0]?.key ?? '';
  orders.value = [order(key, 'refused')];
  desk.move({ kind: 'correct' });
  assert.deepEqual(dismissed, [key]);
  const at = desk.counter.value;
  assert.ok(at.step === 'amount' && at.draft.amount === '1.50');
});

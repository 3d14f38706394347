import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signal } from '@preact/signals';
import { create } from '@bufbuild/protobuf';
import { PayeeSchema } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { type Account, LinkError, type Order, type OrderCommand, type Session, StoreError } from '../../src/caudal/index.ts';
import { Emitter } from '../../src/caudal/client/events.ts';
import { Desk, type DeskBank } from '../../src/app/views/send/desk.ts';
import { OpenDesk } from '../../src/app/views/open/desk.ts';
import type { Freshness } from '../../src/app/freshness.ts';
import { account, keyA, keyB, mine, order, receipt, savings, theirs } from './make.ts';

/** A bank whose orders end when the test says so. */
class FakeBank implements DeskBank {
  readonly accounts = signal<readonly Account[]>([account(mine, 100_000n), account(savings, 0n, { name: 'Ahorro' })]);
  readonly orders = signal<readonly Order[]>([]);
  readonly session = signal<Session | undefined>({ username: 'ana' } as Session);
  readonly freshness = signal<Freshness>({ kind: 'live' });
  readonly given: { command: OrderCommand; key: string }[] = [];
  fail: (error: unknown) => void = () => {};
  readonly #emitter = new Emitter();
  readonly client: DeskBank['client'] = {
    on: (kind, f) => this.#emitter.on(kind, f),
    order: (command, key = '') => {
      this.given.push({ command, key });
      return new Promise((_, reject) => {
        this.fail = reject;
      });
    },
    resolvePayee: async () => create(PayeeSchema, { clabe: theirs, maskedName: 'Lu*** Ve***', currency: 'MXN' }),
    serverNowMs: () => 1_700_000_000_000,
  };

  tell(told: Order): void {
    this.orders.value = [...this.orders.value.filter(({ key }) => key !== told.key), told];
    this.#emitter.emit('order', told);
  }

  dismiss(key: string): void {
    this.orders.value = this.orders.value.filter((one) => one.key !== key);
    this.#emitter.emit('dismissed', { key });
  }
}

async function reviewed(bank = new FakeBank()): Promise<{ bank: FakeBank; desk: Desk }> {
  const desk = new Desk(bank);
  desk.edit({ payee: theirs, amount: '125.50', memo: 'la comida' });
  await turn();
  assert.equal(desk.review(), true);
  return { bank, desk };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function state(desk: Desk): string {
  const flow = desk.flow.value;
  return flow.step === 'ordered' ? flow.outcome.kind : flow.step;
}

test('no review without the payee’s name, and the order is what the review showed', async () => {
  const bank = new FakeBank();
  const desk = new Desk(bank);
  desk.edit({ payee: theirs, amount: '125.50' });
  assert.equal(desk.review(), false);
  await turn();
  assert.equal(desk.lookup.value.kind, 'found');
  assert.equal(desk.review(), true);
  const key = desk.confirm();
  assert.deepEqual(bank.given, [
    { key, command: { kind: 'transfer', from: mine, to: theirs, amountMinor: 12_550n, currency: 'MXN', memo: '', payeeName: 'Lu*** Ve***' } },
  ]);
});

test('confirming twice gives one order under one key, dated by the bank’s clock', async () => {
  const { bank, desk } = await reviewed();
  const key = desk.confirm();
  assert.equal(desk.confirm(), undefined);
  assert.equal(bank.given.length, 1);
  assert.equal(Number.parseInt(key?.replaceAll('-', '').slice(0, 12) ?? '', 16), 1_700_000_000_000);
});

test('each review has a key of its own', async () => {
  const { bank, desk } = await reviewed();
  const first = desk.confirm() ?? '';
  bank.tell(order(first, 'refused'));
  desk.back();
  desk.review();
  assert.notEqual(desk.confirm(), first);
  assert.equal(bank.given.length, 2);
});

test('nothing is ordered while the connection is away', async () => {
  const { bank, desk } = await reviewed();
  bank.freshness.value = { kind: 'reconnecting', ageMs: 1 };
  assert.equal(desk.confirm(), undefined);
  assert.deepEqual([bank.given.length, state(desk)], [0, 'review']);
  bank.freshness.value = { kind: 'live' };
  assert.notEqual(desk.confirm(), undefined);
});

test('cut off is unknown, and settles by the client’s news', async () => {
  const { bank, desk } = await reviewed();
  const key = desk.confirm() ?? '';
  bank.tell(order(key, 'sending'));
  bank.tell(order(key, 'unknown'));
  assert.equal(state(desk), 'unknown');
  bank.tell(order(key, 'done', { receipt }));
  assert.equal(state(desk), 'done');
});

test('an order that could not be noted down is said to have gone nowhere; one that was noted lives on', async () => {
  const full = await reviewed();
  full.desk.confirm();
  full.bank.fail(new StoreError('failed', 'quota'));
  await turn();
  assert.equal(state(full.desk), 'failed');

  const left = await reviewed();
  const key = left.desk.confirm() ?? '';
  left.bank.tell(order(key, 'sending'));
  left.bank.tell(order(key, 'unknown'));
  left.bank.fail(new LinkError('the order is not settled; it stays in the store'));
  await turn();
  assert.equal(state(left.desk), 'unknown');
});

test('an order that was noted down is never said to have gone nowhere, whatever other orders do meanwhile', async () => {
  const { bank, desk } = await reviewed();
  const key = desk.confirm() ?? '';
  bank.tell(order(key, 'sending'));
  bank.tell(order(keyB, 'unknown')); // an older one is asked about again
  bank.fail(new LinkError('the order is not settled; it stays in the store'));
  await turn();
  assert.equal(state(desk), 'sending');
  bank.tell(order(key, 'done', { receipt }));
  assert.equal(state(desk), 'done');
});

test('the same payment again asks, while the first is unknown and when it turns out done, not when it was refused', async () => {
  const again = async (end?: 'done' | 'refused') => {
    const bank = new FakeBank();
    bank.tell(order(keyB, 'unknown'));
    const { desk } = await reviewed(bank);
    if (end !== undefined) bank.tell(order(keyB, end));
    return desk;
  };
  for (const end of [undefined, 'done'] as const) {
    const desk = await again(end);
    assert.equal(desk.twins.value.length, 1);
    assert.equal(desk.confirm(), undefined);
    desk.insist(true);
    assert.notEqual(desk.confirm(), undefined);
  }
  assert.notEqual((await again('refused')).confirm(), undefined);
});

test('a twin that is put away during the review goes on asking, and the next payment is free of it', async () => {
  const bank = new FakeBank();
  bank.tell(order(keyB, 'unknown'));
  const { desk } = await reviewed(bank);
  bank.tell(order(keyB, 'done'));
  bank.orders.value = [];
  assert.equal(desk.confirm(), undefined);
  desk.back();
  desk.edit({ amount: '9' });
  desk.review();
  assert.notEqual(desk.confirm(), undefined);
});

test('the same payment again asks for minutes, also where the first was read and put away', async () => {
  const nowMs = 1_700_000_000_000;
  const again = async (settledAtMs: number) => {
    const bank = new FakeBank();
    const { desk } = await reviewed(bank);
    const key = desk.confirm() ?? '';
    bank.tell(order(key, 'done', { receipt, settledAtMs }));
    desk.arrive({ kind: 'form' });
    bank.orders.value = [];
    desk.edit({ payee: theirs, amount: '125.5' });
    await turn();
    desk.review();
    return desk.confirm() === undefined;
  };
  assert.equal(await again(nowMs - 4 * 60_000), true);
  assert.equal(await again(nowMs - 6 * 60_000), false);
});

test('the page of an order that was given before a reload follows it to its end', () => {
  const bank = new FakeBank();
  const desk = new Desk(bank);
  assert.equal(desk.arrive({ kind: 'order', key: keyB }).missing, true);
  bank.tell(order(keyB, 'unknown'));
  assert.equal(desk.arrive({ kind: 'order', key: keyB }).missing, undefined);
  assert.equal(state(desk), 'unknown');
  bank.tell(order(keyB, 'refused'));
  assert.equal(state(desk), 'refused');
});

test('the back button finds an order as it was left, also after it was put away', async () => {
  const { bank, desk } = await reviewed();
  const key = desk.confirm() ?? '';
  bank.tell(order(key, 'done', { receipt }));
  desk.arrive({ kind: 'form' });
  bank.orders.value = [];
  assert.equal(desk.arrive({ kind: 'order', key }).missing, undefined);
  assert.equal(state(desk), 'done');
  desk.arrive({ kind: 'form' });
  bank.session.value = { username: 'luis' } as Session;
  assert.equal(desk.arrive({ kind: 'order', key }).missing, true, 'but nobody else finds it');
});

test('an order that another page settled and put away is not said to be under way for ever', async () => {
  const { bank, desk } = await reviewed();
  const key = desk.confirm() ?? '';
  bank.tell(order(key, 'unknown'));
  bank.dismiss(key);
  assert.equal(desk.arrive({ kind: 'order', key }).missing, true);
  assert.equal(state(desk), 'form');

  const read = await reviewed();
  const done = read.desk.confirm() ?? '';
  read.bank.tell(order(done, 'done', { receipt }));
  read.bank.dismiss(done);
  assert.equal(state(read.desk), 'done', 'what is known stays on the screen');

  const open = new OpenDesk(bank);
  open.take({ type: 'edit', name: 'Viaje' });
  const opening = open.confirm() ?? '';
  bank.tell(order(opening, 'unknown', { command: { kind: 'open_account', name: 'Viaje', currency: 'MXN' } }));
  bank.dismiss(opening);
  assert.equal(open.show(opening), false);
});

test('the back button shows an order that ended elsewhere as it ended, not as it was left', async () => {
  const { bank, desk } = await reviewed();
  const key = desk.confirm() ?? '';
  bank.tell(order(key, 'unknown'));
  desk.arrive({ kind: 'form' });
  bank.tell(order(key, 'done', { receipt }));
  bank.orders.value = [];
  desk.arrive({ kind: 'order', key });
  assert.equal(state(desk), 'done');
});

test('what became of an order that was left open and is on no list is not guessed', async () => {
  const { bank, desk } = await reviewed();
  const key = desk.confirm() ?? '';
  bank.tell(order(key, 'unknown'));
  desk.arrive({ kind: 'form' });
  bank.orders.value = [];
  assert.equal(desk.arrive({ kind: 'order', key }).missing, true);
});

test('a yes to the same payment again is for the payments that were shown, not for one that comes after it', async () => {
  const bank = new FakeBank();
  bank.tell(order(keyB, 'unknown'));
  const { desk } = await reviewed(bank);
  desk.insist(true);
  bank.tell(order(keyA, 'unknown')); // the other tab
  assert.equal(desk.twins.value.length, 2);
  assert.equal(desk.confirm(), undefined);
  desk.insist(true);
  bank.tell(order(keyA, 'done'));
  assert.notEqual(desk.confirm(), undefined, 'one that settles is none that was not shown');
});

test('another person finds an empty form', async () => {
  const { bank, desk } = await reviewed();
  bank.session.value = undefined;
  bank.session.value = { username: 'luis' } as Session;
  const flow = desk.flow.value;
  assert.equal(flow.step === 'form' && flow.draft.payee, '');
});

test('the same person who signs in again finds their form', async () => {
  const { bank, desk } = await reviewed();
  bank.session.value = undefined;
  bank.session.value = { username: 'ana' } as Session;
  assert.equal(state(desk), 'review');
});

test('moving between own accounts asks the bank for no name', () => {
  const bank = new FakeBank();
  const desk = new Desk(bank);
  desk.prefill(new URLSearchParams('mode=own'));
  desk.edit({ amount: '1' });
  assert.equal(desk.flow.value.step === 'form' && desk.flow.value.draft.to, savings);
  assert.equal(desk.review(), true);
  desk.confirm();
  const [given] = bank.given;
  assert.equal(given?.command.kind === 'transfer' && given.command.to, savings);
  assert.equal(desk.lookup.value.kind, 'idle');
});

test('an account is opened by one order, however often the button is pressed', async () => {
  const bank = new FakeBank();
  const desk = new OpenDesk(bank);
  assert.equal(desk.confirm(), undefined, 'it needs a name');
  desk.take({ type: 'edit', name: ' Viaje ' });
  bank.freshness.value = { kind: 'stale', ageMs: 60_000 };
  assert.equal(desk.confirm(), undefined, 'and a connection');
  bank.freshness.value = { kind: 'live' };
  const key = desk.confirm() ?? '';
  assert.equal(desk.confirm(), undefined);
  assert.deepEqual(bank.given, [{ key, command: { kind: 'open_account', name: 'Viaje', currency: 'MXN' } }]);
  bank.tell(order(key, 'unknown', { command: { kind: 'open_account', name: 'Viaje', currency: 'MXN' } }));
  bank.fail(new LinkError('left'));
  await turn();
  assert.equal(desk.opening.value.step === 'ordered' && desk.opening.value.outcome.kind, 'unknown');
  assert.equal(desk.show(key), true);
  assert.equal(desk.show(keyB), false);
});

test('another person finds nothing of the account that somebody opened, or was about to', () => {
  const bank = new FakeBank();
  const desk = new OpenDesk(bank);
  desk.take({ type: 'edit', name: 'Para el abogado' });
  bank.session.value = undefined;
  bank.session.value = { username: 'luis' } as Session;
  assert.deepEqual(desk.opening.value, { step: 'form', name: '' });

  desk.take({ type: 'edit', name: 'De Luis' });
  const key = desk.confirm() ?? '';
  bank.session.value = undefined;
  bank.orders.value = [];
  bank.session.value = { username: 'luis' } as Session;
  assert.equal(desk.show(key), true, 'the same person again does');
  bank.session.value = { username: 'ana' } as Session;
  assert.equal(desk.show(key), false);
});

test('an account’s order that was noted down is never said to have gone nowhere', async () => {
  const bank = new FakeBank();
  const desk = new OpenDesk(bank);
  desk.take({ type: 'edit', name: 'Viaje' });
  const key = desk.confirm() ?? '';
  bank.tell(order(key, 'sending', { command: { kind: 'open_account', name: 'Viaje', currency: 'MXN' } }));
  bank.tell(order(keyB, 'unknown'));
  bank.fail(new LinkError('left'));
  await turn();
  assert.equal(desk.opening.value.step === 'ordered' && desk.opening.value.outcome.kind, 'sending');
});

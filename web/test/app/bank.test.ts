import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { effect } from '@preact/signals';
import { AccountSchema, HistoryResultSchema, LegSchema, type Account } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { Emitter, type Events, type Session } from '../../src/caudal/client/events.ts';
import type { Client, Link } from '../../src/caudal/index.ts';
import { Bank, type LegEvent } from '../../src/app/bank.ts';
import { movementsOf } from '../../src/app/movements.ts';

/** What a `Bank` reads of a client, with the hand on it. */
class Told {
  readonly emitter = new Emitter();
  link: Link = { kind: 'connecting', attempt: 0 };
  session: Session | undefined;
  subscribed = false;
  lastHeardMs = 0;
  heartbeatMs = 10_000;
  hasDevice: boolean | undefined;
  readonly accounts = new Map<string, Account>();
  readonly diverged = new Set<string>();
  readonly devices = [];
  readonly orders = [];
  readonly channel = undefined;
  asked = 0;

  on<K extends keyof Events>(kind: K, f: (event: Events[K]) => void) {
    return this.emitter.on(kind, f);
  }

  async history() {
    this.asked++;
    return create(HistoryResultSchema, {});
  }

  close() {}

  signIn(username: string) {
    this.session = { username } as Session;
    this.link = { kind: 'live' };
    this.lastHeardMs = Date.now();
    this.emitter.emit('session', this.session);
  }

  pay(clabe: string) {
    const { seq = 0n, version = 0n } = this.accounts.get(clabe) ?? {};
    const account = create(AccountSchema, { clabe, seq: seq + 1n, version: version + 1n, balanceMinor: seq + 1n });
    this.accounts.set(clabe, account);
    this.emitter.emit('leg', { account: clabe, leg: create(LegSchema, { seq: account.seq, amountMinor: 1n }), fresh: true });
    this.emitter.emit('account', account);
  }
}

function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_800_000_000_000 });
  const told = new Told();
  const bank = new Bank(told as unknown as Client);
  t.after(() => bank.close());
  return { told, bank, frame: () => t.mock.timers.tick(250) };
}

test('however many changes come in a frame, signals are written once, and no movement is lost', (t) => {
  const { told, bank, frame } = setUp(t);
  told.signIn('ana');
  told.subscribed = true;
  frame();
  let drawn = -1; // the first run is not a change
  t.after(effect(() => void (bank.accounts.value, drawn++)));
  const frames: (readonly LegEvent[])[] = [];
  bank.onLegs((events) => frames.push(events));
  for (let i = 0; i < 1000; i++) {
    told.pay('1');
  }
  assert.equal(drawn, 0);
  frame();
  assert.equal(drawn, 1);
  assert.equal(bank.accounts.value[0]?.balanceMinor, 1000n);
  assert.equal(frames.length, 1);
  assert.deepEqual(frames[0]?.map(({ leg }) => leg.seq), Array.from({ length: 1000 }, (_, i) => BigInt(i + 1)));
});

test('accounts stand in the order of their opening', (t) => {
  const { told, bank, frame } = setUp(t);
  const [old, young] = [create(AccountSchema, { clabe: '9', openedAtUs: 1n }), create(AccountSchema, { clabe: '1', openedAtUs: 2n })];
  told.accounts.set('1', young).set('9', old);
  told.emitter.emit('accounts', [young, old]);
  frame();
  assert.deepEqual(bank.accounts.value.map(({ clabe }) => clabe), ['9', '1']);
});

function kindOf(bank: Bank): string {
  return bank.freshness.value.kind;
}

test('nothing is live before it is subscribed, nor after a silence that no event tells of', (t) => {
  const { told, bank, frame } = setUp(t);
  assert.equal(kindOf(bank), 'never');
  told.signIn('ana');
  frame();
  assert.equal(kindOf(bank), 'reconnecting');
  told.subscribed = true;
  told.emitter.emit('accounts', []);
  frame();
  assert.equal(kindOf(bank), 'live');
  t.mock.timers.tick(24_000);
  assert.equal(kindOf(bank), 'live');
  told.lastHeardMs = Date.now(); // a heartbeat, of which nothing is told
  t.mock.timers.tick(20_000);
  assert.equal(kindOf(bank), 'live');
  t.mock.timers.tick(6_000);
  assert.deepEqual(bank.freshness.value, { kind: 'stale', ageMs: 26_000 });
  t.mock.timers.tick(1000);
  assert.deepEqual(bank.freshness.value, { kind: 'stale', ageMs: 27_000 });
});

test('another person sees nothing of the one before', async (t) => {
  const { told, bank, frame } = setUp(t);
  told.signIn('ana');
  frame();
  const before = movementsOf(bank, '1');
  assert.equal(movementsOf(bank, '1'), before);
  await before.more();
  assert.equal(told.asked, 1);
  told.diverged.add('1');
  told.emitter.emit('diverged', { account: '1' });
  frame();
  assert.deepEqual([...bank.diverged.value], ['1']);
  told.diverged.clear();
  told.signIn('luis');
  frame();
  assert.notEqual(movementsOf(bank, '1'), before);
  assert.equal(bank.diverged.value.size, 0);
});

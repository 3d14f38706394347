import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { PayeeSchema } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { BankError, Code, LinkError, type Payee } from '../../src/caudal/index.ts';
import { type Lookup, PayeeLookup } from '../../src/app/views/send/lookup.ts';

const payee = create(PayeeSchema, { clabe: '032180000000000024', maskedName: 'Lu*** Ve***', currency: 'MXN' });

/** A bank that answers when it is told to, and a clock that stands still. */
class Desk {
  asked: string[] = [];
  shown: Lookup[] = [];
  live = true;
  nowMs = 1_000;
  answers: { resolve(payee: Payee): void; reject(error: unknown): void }[] = [];
  timers: { atMs: number; f(): void }[] = [];
  readonly lookup = new PayeeLookup({
    resolve: (name) => {
      this.asked.push('clabe' in name ? name.clabe : `@${name.username}`);
      return new Promise((resolve, reject) => this.answers.push({ resolve, reject }));
    },
    live: () => this.live,
    changed: (lookup) => this.shown.push(lookup),
    nowMs: () => this.nowMs,
    after: (ms, f) => {
      const timer = { atMs: this.nowMs + ms, f };
      this.timers.push(timer);
      return () => {
        this.timers = this.timers.filter((one) => one !== timer);
      };
    },
  });

  get now(): string {
    return this.shown.at(-1)?.kind ?? 'idle';
  }

  pass(ms: number): void {
    this.nowMs += ms;
    const due = this.timers.filter(({ atMs }) => atMs <= this.nowMs);
    this.timers = this.timers.filter(({ atMs }) => atMs > this.nowMs);
    due.forEach(({ f }) => f());
  }

  async answer(outcome: Payee | Error): Promise<void> {
    const next = this.answers.shift();
    assert.ok(next, 'nothing was asked');
    if (outcome instanceof Error) next.reject(outcome);
    else next.resolve(outcome);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const luis = { kind: 'username', username: 'luis' } as const;
const number = { kind: 'clabe', clabe: '032180000000000024' } as const;

test('a complete CLABE is asked for at once, a username when its writer pauses', async () => {
  const desk = new Desk();
  desk.lookup.take({ kind: 'typing', digits: '0321', bank: undefined });
  assert.deepEqual([desk.asked, desk.now], [[], 'idle']);
  desk.lookup.take(number);
  assert.deepEqual(desk.asked, ['032180000000000024']);
  await desk.answer(payee);
  assert.equal(desk.now, 'found');

  desk.lookup.take({ kind: 'username', username: 'lui' });
  desk.pass(300);
  desk.lookup.take(luis);
  assert.equal(desk.now, 'asking');
  desk.pass(599);
  assert.equal(desk.asked.length, 1);
  desk.pass(1);
  assert.deepEqual(desk.asked.slice(1), ['@luis'], 'what was on the way to being typed is never asked for');
  await desk.answer(payee);
  assert.deepEqual(desk.shown.at(-1), { kind: 'found', payee, username: 'luis' });
});

test('leaving the field asks now, and the pause asks no second time', async () => {
  const desk = new Desk();
  desk.lookup.take(luis);
  desk.lookup.now();
  desk.lookup.now();
  desk.pass(1_000);
  assert.deepEqual(desk.asked, ['@luis']);
  await desk.answer(payee);
  desk.lookup.now();
  desk.lookup.take(luis);
  assert.deepEqual([desk.asked.length, desk.now], [1, 'found'], 'what is known is not asked again');
});

test('an answer to an earlier name never shows', async () => {
  const desk = new Desk();
  desk.lookup.take(number);
  desk.lookup.take(luis);
  await desk.answer(payee);
  assert.equal(desk.now, 'asking');
  desk.pass(600);
  await desk.answer(new BankError(Code.NOT_FOUND, '', false));
  assert.equal(desk.now, 'not_found');
  desk.lookup.now();
  assert.equal(desk.asked.length, 2, 'a miss is not repeated: it costs the asker');
});

test('too many questions are explained, and asked again when the bank allows', async () => {
  const desk = new Desk();
  desk.lookup.take(number);
  await desk.answer(new BankError(Code.RATE_LIMITED, '', true, 2_000));
  assert.deepEqual(desk.shown.at(-1), { kind: 'rate_limited', retryAtMs: 3_000 });
  desk.lookup.now();
  desk.pass(1_999);
  assert.equal(desk.asked.length, 1);
  desk.pass(1);
  assert.equal(desk.asked.length, 2);
  await desk.answer(payee);
  assert.equal(desk.now, 'found');
});

test('what could not be asked, or was cut off, is asked when the connection is back', async () => {
  const desk = new Desk();
  desk.live = false;
  desk.lookup.take(number);
  assert.deepEqual([desk.asked.length, desk.now], [0, 'asking']);
  desk.live = true;
  desk.lookup.now();
  assert.equal(desk.asked.length, 1);
  desk.live = false;
  await desk.answer(new LinkError('cut'));
  assert.equal(desk.now, 'asking', 'a cut is no answer');
  desk.live = true;
  desk.lookup.now();
  await desk.answer(payee);
  assert.equal(desk.now, 'found');
});

test('another failure is shown, and tried again on demand', async () => {
  const desk = new Desk();
  desk.lookup.take(number);
  await desk.answer(new BankError(Code.INTERNAL, '', false));
  assert.equal(desk.now, 'failed');
  desk.lookup.now();
  await desk.answer(payee);
  assert.equal(desk.now, 'found');
  desk.lookup.take({ kind: 'empty' });
  assert.equal(desk.now, 'idle');
});

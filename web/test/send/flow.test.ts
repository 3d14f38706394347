import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Draft, emptyDraft, type Flow, type Happening, next } from '../../src/app/views/send/flow.ts';
import { keyA, keyB, mine, order, payment, receipt, savings, theirs } from './make.ts';

const draft: Draft = { ...emptyDraft('pay', mine), payee: '@luis', amount: '125.50', memo: 'la comida' };
const form: Flow = { step: 'form', draft };
const review = after(form, { type: 'review', payment });
const sending = after(review, { type: 'confirm', key: keyA, twins: 0 });
const unknown = after(sending, { type: 'order', order: order(keyA, 'unknown') });
const done = after(sending, { type: 'order', order: order(keyA, 'done', { receipt }) });
const refused = after(sending, { type: 'order', order: order(keyA, 'refused') });
const failed = after(sending, { type: 'failed', key: keyA, error: new Error('quota') });

function after(flow: Flow, ...happenings: Happening[]): Flow {
  return happenings.reduce(next, flow);
}

function state(flow: Flow): string {
  return flow.step === 'ordered' ? flow.outcome.kind : flow.step;
}

test('the way of a payment', () => {
  assert.deepEqual([form, review, sending, done].map(state), ['form', 'review', 'sending', 'done']);
  assert.deepEqual(sending, { step: 'ordered', draft, payment, key: keyA, outcome: { kind: 'sending' } });
  assert.deepEqual(done.step === 'ordered' && done.outcome, { kind: 'done', receipt });
});

test('every happening in every state', () => {
  const flows = { form, review, sending, unknown, done, refused, failed };
  const happenings: Record<string, Happening> = {
    edit: { type: 'edit', change: { memo: 'x' } },
    review: { type: 'review', payment },
    insist: { type: 'insist', insist: true },
    confirm: { type: 'confirm', key: keyB, twins: 0 },
    'settled: done': { type: 'order', order: order(keyA, 'done', { receipt }) },
    'settled: refused': { type: 'order', order: order(keyA, 'refused') },
    'cut off': { type: 'order', order: order(keyA, 'unknown') },
    'asked again': { type: 'order', order: order(keyA, 'sending') },
    'news of another order': { type: 'order', order: order(keyB, 'refused') },
    failed: { type: 'failed', key: keyA, error: 'x' },
    'failure of another order': { type: 'failed', key: keyB, error: 'x' },
    gone: { type: 'gone', key: keyA },
    'another order gone': { type: 'gone', key: keyB },
    show: { type: 'show', order: order(keyB, 'unknown'), own: false },
    back: { type: 'back' },
    restart: { type: 'restart', draft },
  };
  const same = 'unchanged';
  // Columns: form, review, sending, unknown, done, refused, failed.
  const want: Record<string, string[]> = {
    edit: ['form', same, same, same, same, same, same],
    review: ['review', same, same, same, same, same, same],
    insist: [same, 'review', same, same, same, same, same],
    confirm: [same, 'sending', same, same, same, same, same],
    'settled: done': [same, same, 'done', 'done', same, same, same],
    'settled: refused': [same, same, 'refused', 'refused', same, same, same],
    'cut off': [same, same, 'unknown', 'unknown', same, same, same],
    'asked again': [same, same, 'sending', 'sending', same, same, same],
    'news of another order': [same, same, same, same, same, same, same],
    failed: [same, same, 'failed', 'failed', same, same, same],
    'failure of another order': [same, same, same, same, same, same, same],
    gone: [same, same, 'form', 'form', same, same, same],
    'another order gone': [same, same, same, same, same, same, same],
    show: ['unknown', 'unknown', 'unknown', 'unknown', 'unknown', 'unknown', 'unknown'],
    back: [same, 'form', 'form', 'form', 'form', 'form', 'form'],
    restart: ['form', 'form', 'form', 'form', 'form', 'form', 'form'],
  };
  for (const [name, happening] of Object.entries(happenings)) {
    const got = Object.values(flows).map((flow) => {
      const then = next(flow, happening);
      return then === flow ? same : state(then);
    });
    assert.deepEqual(got, want[name], name);
  }
});

test('the second of two clicks gives no order: the key stays the first', () => {
  const twice = after(review, { type: 'confirm', key: keyA, twins: 0 }, { type: 'confirm', key: keyB, twins: 0 });
  assert.equal(twice.step === 'ordered' && twice.key, keyA);
});

test('the same payment as one that is not settled needs a yes of its own, and a no takes it back', () => {
  const confirm: Happening = { type: 'confirm', key: keyB, twins: 1 };
  assert.equal(after(review, confirm), review);
  assert.equal(state(after(review, { type: 'insist', insist: true }, confirm)), 'sending');
  assert.equal(state(after(review, { type: 'insist', insist: true }, { type: 'insist', insist: false }, confirm)), 'review');
  const again = after(review, { type: 'insist', insist: true }, { type: 'back' }, { type: 'review', payment });
  assert.equal(state(after(again, confirm)), 'review', 'a yes does not outlive its review');
});

test('unknown is settled either way, and what is settled stays', () => {
  assert.equal(state(after(unknown, { type: 'order', order: order(keyA, 'done') })), 'done');
  assert.equal(state(after(unknown, { type: 'order', order: order(keyA, 'refused') })), 'refused');
  assert.equal(state(after(unknown, { type: 'order', order: order(keyA, 'sending') }, { type: 'order', order: order(keyA, 'unknown') })), 'unknown');
  assert.equal(after(done, { type: 'order', order: order(keyA, 'unknown') }), done);
});

test('where nothing moved the form comes back as it was; where something may have, it comes back empty', () => {
  for (const flow of [review, refused, failed]) assert.deepEqual(after(flow, { type: 'back' }), form);
  for (const flow of [sending, unknown, done]) {
    assert.deepEqual(after(flow, { type: 'back' }), { step: 'form', draft: emptyDraft('pay', mine) });
  }
});

test('after a reload the order’s own note says everything, and settles as if nothing had been between', () => {
  const reloaded = after({ step: 'form', draft: emptyDraft('pay', mine) }, { type: 'show', order: order(keyA, 'unknown'), own: false });
  assert.equal(state(reloaded), 'unknown');
  assert.deepEqual(reloaded.step === 'ordered' && reloaded.payment, { ...payment, username: undefined });
  assert.equal(state(after(reloaded, { type: 'order', order: order(keyA, 'done', { receipt }) })), 'done');

  const edited = after(reloaded, { type: 'order', order: order(keyA, 'refused') }, { type: 'back' });
  assert.deepEqual(edited, { step: 'form', draft: { mode: 'pay', from: mine, payee: theirs, to: '', amount: '125.50', memo: 'la comida' } });
});

test('an order between own accounts goes back to that form', () => {
  const command = { ...order(keyA, 'refused').command, to: savings } as never;
  const shown = after(form, { type: 'show', order: order(keyA, 'refused', { command }), own: true }, { type: 'back' });
  assert.equal(shown.step === 'form' && shown.draft.mode, 'own');
  assert.equal(shown.step === 'form' && shown.draft.to, savings);
});

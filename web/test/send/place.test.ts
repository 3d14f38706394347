import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyDraft, type Flow, next } from '../../src/app/views/send/flow.ts';
import { arrive, placeOf } from '../../src/app/views/send/place.ts';
import { keyA, keyB, mine, order, payment } from './make.ts';

const draft = { ...emptyDraft('pay', mine), payee: '@luis', amount: '125.50' };
const form: Flow = { step: 'form', draft };
const review = next(form, { type: 'review', payment });
const sending = next(review, { type: 'confirm', key: keyA, twins: 0 });

test('the address bar names the form, the review, or an order', () => {
  assert.deepEqual(placeOf(['send']), { kind: 'form' });
  assert.deepEqual(placeOf(['send', 'review']), { kind: 'review' });
  assert.deepEqual(placeOf(['send', keyA]), { kind: 'order', key: keyA });
  assert.deepEqual(placeOf(['send', 'elsewhere']), { kind: 'form' });
  assert.deepEqual(placeOf(['open', keyA]), { kind: 'order', key: keyA });
});

test('back from the review is the form as it was', () => {
  assert.deepEqual(arrive(review, { kind: 'form' }, [], []), { flow: form });
});

test('a review that is loaded anew, or whose order was given, is no review', () => {
  assert.deepEqual(arrive(form, { kind: 'review' }, [], []), { flow: form, goTo: '/send' });
  const back = arrive(sending, { kind: 'review' }, [], []);
  assert.equal(back.goTo, '/send');
  assert.deepEqual(back.flow, { step: 'form', draft: emptyDraft('pay', mine) });
});

test('an order’s page after a reload shows the order, and gives none', () => {
  const orders = [order(keyA, 'unknown')];
  const { flow } = arrive(form, { kind: 'order', key: keyA }, orders, []);
  assert.equal(flow.step === 'ordered' && flow.outcome.kind, 'unknown');
  assert.equal(arrive(sending, { kind: 'order', key: keyA }, [], []).flow, sending, 'before the client has noted it');
});

test('the page of an order that nobody knows, or of another kind, says so', () => {
  assert.equal(arrive(form, { kind: 'order', key: keyB }, [order(keyA, 'done')], []).missing, true);
  const opening = order(keyB, 'done', { command: { kind: 'open_account', name: 'x', currency: 'MXN' } });
  assert.equal(arrive(form, { kind: 'order', key: keyB }, [opening], []).missing, true);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { AccountSchema, HolderSchema, ReceiptSchema } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { move, start, type Counter, type Move } from '../../src/app/views/teller/counter.ts';

const savings = create(AccountSchema, { clabe: '1', name: 'savings', balanceMinor: 500n, availableMinor: 400n });
const daily = create(AccountSchema, { clabe: '2', name: 'daily' });
const two = { holder: create(HolderSchema, { username: 'ana', accounts: [savings, daily] }), asOfMs: 1 };
const one = { holder: create(HolderSchema, { username: 'luis', accounts: [daily] }), asOfMs: 1 };

const walk = (...moves: Move[]): Counter => moves.reduce(move, start);
const toReview: Move[] = [
  { kind: 'choose_holder', customer: two },
  { kind: 'choose_account', account: savings },
  { kind: 'draft', draft: { way: 'withdraw', amount: '1.50', memo: 'rent' } },
  { kind: 'review', amountMinor: 150n },
];
const toOrder: Move[] = [...toReview, { kind: 'ordered', key: 'k' }];

test('the way to an order goes through holder, account, amount and review', () => {
  const at = walk(...toOrder);
  assert.ok(at.step === 'order' && at.key === 'k' && at.review?.amountMinor === 150n);
  assert.equal(at.review.customer.holder.username, 'ana');
});

test('whoever has one account is not asked which, nor whoever was found by its number', () => {
  assert.equal(walk({ kind: 'choose_holder', customer: one }).step, 'amount');
  assert.equal(walk({ kind: 'choose_holder', customer: two }).step, 'account');
  const at = walk({ kind: 'choose_holder', customer: two, clabe: '2' });
  assert.ok(at.step === 'amount' && at.account.clabe === '2');
  assert.equal(walk({ kind: 'choose_holder', customer: one }, { kind: 'back' }).step, 'search');
});

test('back from the review keeps what was typed', () => {
  const at = walk(...toReview, { kind: 'back' });
  assert.ok(at.step === 'amount' && at.draft.amount === '1.50' && at.draft.way === 'withdraw');
  assert.equal(walk(...toReview, { kind: 'back' }, { kind: 'back' }).step, 'account');
});

test('an order is given once, from the review only, and is not taken back', () => {
  assert.equal(walk({ kind: 'choose_holder', customer: one }, { kind: 'ordered', key: 'k' }).step, 'amount');
  const ordered = walk(...toOrder);
  assert.equal(move(ordered, { kind: 'back' }), ordered);
  assert.equal(move(ordered, { kind: 'ordered', key: 'other' }), ordered);
});

test('an order that could not be kept returns to its review, and no other does', () => {
  const problem = new Error('storage is full');
  const at = walk(...toOrder, { kind: 'not_ordered', key: 'k', problem });
  assert.ok(at.step === 'review' && at.problem === problem && at.amountMinor === 150n);
  assert.equal(walk(...toOrder, { kind: 'not_ordered', key: 'other', problem }).step, 'order');
});

test('what was refused can be corrected', () => {
  const at = walk(...toOrder, { kind: 'correct' });
  assert.ok(at.step === 'amount' && at.draft.amount === '1.50' && at.account.clabe === '1');
});

test('the same customer goes on with the account as the receipt left it', () => {
  const receipt = create(ReceiptSchema, { balanceMinor: 350n, seq: 9n });
  const at = walk(...toOrder, { kind: 'same_customer', receipt });
  assert.ok(at.step === 'account');
  const [since, other] = at.customer.holder.accounts;
  assert.deepEqual([since?.balanceMinor, since?.availableMinor, since?.seq], [350n, 250n, 9n]);
  assert.equal(other, daily);
  assert.equal(two.holder.accounts[0]?.balanceMinor, 500n, 'what was found is left alone');
});

test('newer balances arrive wherever the counter stands, but never those of somebody else', () => {
  const newer = create(AccountSchema, { ...savings, balanceMinor: 777n });
  const customer = { holder: create(HolderSchema, { username: 'ana', accounts: [newer, daily] }), asOfMs: 2 };
  const at = walk(...toReview, { kind: 'refresh', customer });
  assert.ok(at.step === 'review' && at.account.balanceMinor === 777n && at.customer.asOfMs === 2);
  assert.equal(at.draft.amount, '1.50');
  const before = walk(...toReview);
  assert.equal(move(before, { kind: 'refresh', customer: one }), before);
  const gone = { holder: create(HolderSchema, { username: 'ana', accounts: [daily] }), asOfMs: 2 };
  const left = move(before, { kind: 'refresh', customer: gone });
  assert.ok(left.step === 'amount' && left.account.clabe === '2' && left.draft.amount === '', 'no amount for another account');
});

test('an order of before the reload is shown, and knows of no customer to go on with', () => {
  const at = walk({ kind: 'show', key: 'old' });
  assert.ok(at.step === 'order' && at.review === undefined);
  assert.equal(move(at, { kind: 'correct' }), at);
  assert.equal(move(at, { kind: 'next_customer' }).step, 'search');
});

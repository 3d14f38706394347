import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { AccountSchema, HolderSchema } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { move, start, type Counter, type Move } from '../../src/app/views/teller/counter.ts';

const savings = create(AccountSchema, { clabe: '1', name: 'savings', balanceMinor: 5n });
const daily = create(AccountSchema, { clabe: '2', name: 'daily' });
const two = create(HolderSchema, { username: 'ana', accounts: [savings, daily] });
const one = create(HolderSchema, { username: 'luis', accounts: [daily] });

const walk = (...moves: Move[]): Counter => moves.reduce(move, start);
const toReview: Move[] = [
  { kind: 'choose_holder', holder: two },
  { kind: 'choose_account', account: savings },
  { kind: 'draft', draft: { way: 'withdraw', amount: '12.50', memo: 'rent' } },
  { kind: 'review', amountMinor: 1250n },
];

test('the way to an order goes through holder, account, amount and review', () => {
  const at = walk(...toReview, { kind: 'ordered', key: 'k' });
  assert.ok(at.step === 'order' && at.key === 'k' && at.account.clabe === '1' && at.holder.username === 'ana');
});

test('whoever has one account is not asked which', () => {
  assert.equal(walk({ kind: 'choose_holder', holder: one }).step, 'amount');
  assert.equal(walk({ kind: 'choose_holder', holder: two }).step, 'account');
  assert.equal(walk({ kind: 'choose_holder', holder: one }, { kind: 'back' }).step, 'search');
});

test('back from the review keeps what was typed', () => {
  const at = walk(...toReview, { kind: 'back' });
  assert.ok(at.step === 'amount' && at.draft.amount === '12.50' && at.draft.way === 'withdraw');
  assert.equal(walk(...toReview, { kind: 'back' }, { kind: 'back' }).step, 'account');
});

test('an order is given once, from the review only, and is not taken back', () => {
  assert.equal(walk({ kind: 'choose_holder', holder: one }, { kind: 'ordered', key: 'k' }).step, 'amount');
  const ordered = walk(...toReview, { kind: 'ordered', key: 'k' });
  assert.equal(move(ordered, { kind: 'back' }), ordered);
  assert.equal(move(ordered, { kind: 'ordered', key: 'other' }), ordered);
});

test('the same customer goes on with the account as it is since', () => {
  const since = create(AccountSchema, { ...savings, balanceMinor: 1255n });
  const at = walk(...toReview, { kind: 'ordered', key: 'k' }, { kind: 'same_customer', account: since });
  assert.ok(at.step === 'account');
  assert.deepEqual(at.holder.accounts.map((a) => a.balanceMinor), [1255n, 0n]);
  assert.equal(two.accounts[0]?.balanceMinor, 5n, 'what was found is left alone');
});

test('the next customer starts at the search, from anywhere', () => {
  assert.equal(walk(...toReview, { kind: 'next_customer' }).step, 'search');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountStatus } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { check, type Facts, twins } from '../../src/app/views/send/check.ts';
import { type Draft, emptyDraft } from '../../src/app/views/send/flow.ts';
import { account, found, keyA, keyB, mine, order, payment, savings, theirs } from './make.ts';

const accounts = [account(mine, 100_000n), account(savings, 0n, { name: 'Ahorro' })];
const facts: Facts = { accounts, lookup: found('luis'), amountMinor: 12_550n, live: true };
const draft: Draft = { ...emptyDraft('pay', mine), payee: '@luis', amount: '125.50', memo: ' la comida ' };

test('a whole draft makes the payment that the review shows: the CLABE that was resolved, the memo as it goes out', () => {
  assert.deepEqual(check(draft, facts).payment, payment);
});

test('each thing that is in the way has its field', () => {
  const cases: [string, Partial<Draft>, Partial<Facts>, object][] = [
    ['no such account', { from: 'x' }, {}, { from: 'none' }],
    ['a frozen account', {}, { accounts: [account(mine, 100_000n, { status: AccountStatus.FROZEN })] }, { from: 'frozen' }],
    ['nobody', { payee: '' }, {}, { payee: 'missing' }],
    ['half a CLABE', { payee: '0321' }, {}, { payee: 'incomplete' }],
    ['a slip', { payee: '032180000118359718' }, {}, { payee: 'check_digit' }],
    ['too many digits', { payee: '0321800001183597181' }, {}, { payee: 'too_long' }],
    ['no username', { payee: '@a b' }, {}, { payee: 'username' }],
    ['another bank', { payee: '002010077777777771' }, {}, { payee: 'elsewhere' }],
    ['the account itself', { payee: mine }, {}, { payee: 'same' }],
    ['not asked yet', {}, { lookup: { kind: 'asking' } }, { payee: 'unresolved' }],
    ['nobody there', {}, { lookup: { kind: 'not_found' } }, { payee: 'not_found' }],
    ['an answer about another CLABE', { payee: theirs }, { lookup: found(undefined, { clabe: savings }) }, { payee: 'unresolved' }],
    ['an answer about another username', { payee: '@ana' }, {}, { payee: 'unresolved' }],
    ['another currency', {}, { lookup: found('luis', { currency: 'USD' }) }, { payee: 'currency' }],
    ['no amount', { amount: ' ' }, { amountMinor: undefined }, { amount: 'missing' }],
    ['no number', { amount: '1.234' }, { amountMinor: undefined }, { amount: 'malformed' }],
    ['zero', { amount: '0' }, { amountMinor: 0n }, { amount: 'zero' }],
    ['more than there is', { amount: '1000.01' }, { amountMinor: 100_001n }, { amount: 'insufficient' }],
    ['a long memo', { memo: 'x'.repeat(141) }, {}, { memo: 'too_long' }],
    ['a memo that turns the writing', { memo: 'a\u202eb' }, {}, { memo: 'unsendable' }],
  ];
  for (const [name, change, circumstance, problems] of cases) {
    const checked = check({ ...draft, ...change }, { ...facts, ...circumstance });
    assert.deepEqual(checked.problems, problems, name);
    assert.equal(checked.payment, undefined, name);
  }
});

test('missing money on a stale screen is a warning: it may have come since', () => {
  const stale = check(draft, { ...facts, amountMinor: 100_001n, live: false });
  assert.equal(stale.insufficient, true);
  assert.equal(stale.payment?.amountMinor, 100_001n);
  assert.equal(check(draft, { ...facts, amountMinor: 100_000n }).insufficient, false, 'all of it is not too much');
});

test('between own accounts nobody is asked, by whichever way the other account was named', () => {
  const want = { to: savings, payeeName: 'Ahorro', own: true, username: undefined };
  const asked: Facts = { ...facts, lookup: { kind: 'idle' } };
  const ways: [Draft, Facts][] = [
    [{ ...draft, mode: 'own', payee: '', to: savings }, asked],
    [{ ...draft, payee: savings }, asked],
    [{ ...draft, payee: '@luis' }, { ...facts, lookup: found('luis', { clabe: savings }) }],
  ];
  for (const [way, circumstance] of ways) {
    const { to, payeeName, own, username } = check(way, circumstance).payment ?? {};
    assert.deepEqual({ to, payeeName, own, username }, want);
  }
  assert.deepEqual(check({ ...draft, mode: 'own', to: mine }, asked).problems, { payee: 'same' });
  assert.deepEqual(check({ ...draft, mode: 'own', to: '' }, asked).problems, { payee: 'missing' });
});

test('twins are orders of the same amount to the same account that have moved money or may have', () => {
  const orders = [
    order(keyA, 'unknown'),
    order(keyB, 'sending'),
    order('just done', 'done'),
    order('refused', 'refused'),
    order('other amount', 'unknown', { command: { ...order('', 'unknown').command, amountMinor: 1n } as never }),
    order('other kind', 'unknown', { command: { kind: 'open_account', name: 'x', currency: 'MXN' } }),
  ];
  assert.deepEqual(twins(payment, orders).map(({ key }) => key), [keyA, keyB, 'just done']);
  assert.deepEqual(twins({ ...payment, to: savings }, orders), []);
});

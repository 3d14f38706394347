import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Draft, emptyDraft } from '../../src/app/views/send/flow.ts';
import { askLink, prefilled, readAddress } from '../../src/app/views/send/prefill.ts';
import { account, mine, savings, theirs } from './make.ts';

const accounts = [account(mine, 100_000n), account(savings, 0n)];
const entered: Draft = { ...emptyDraft('pay', mine), payee: '@luis', amount: '5', memo: 'x' };

function fill(query: string): Draft {
  return prefilled(entered, new URLSearchParams(query), accounts);
}

test('an address with a payee begins anew; one without leaves what was entered', () => {
  assert.deepEqual(fill(''), entered);
  assert.deepEqual(fill(`from=${savings}`), { ...entered, from: savings });
  assert.deepEqual(fill(`to=${theirs}`), { ...emptyDraft('pay', mine), payee: '032 180 00000000002 4' });
  assert.deepEqual(fill('to=@mercado'), { ...emptyDraft('pay', mine), payee: '@mercado' });
  assert.deepEqual(fill('mode=own'), { ...entered, mode: 'own' });
});

test('a payee that is one’s own account is a move between own accounts', () => {
  assert.deepEqual(fill(`to=${savings}&from=${mine}`), { ...emptyDraft('own', mine), to: savings });
});

test('a number with too many digits is not made a CLABE of by cutting it', () => {
  assert.equal(fill(`to=${theirs}9&amount=5`).payee, '032 180 00000000002 49');
  assert.equal(fill(`from=${savings}9`).from, mine);
});

test('a payee elsewhere is paid, not an own account in their place', () => {
  assert.deepEqual(fill(`mode=own&to=${theirs}&amount=5`), { ...emptyDraft('pay', mine), payee: '032 180 00000000002 4', amount: '5.00' });
});

test('an address that asks for something is left once it was read, for the page of what it asks', () => {
  const after = (query: string) => readAddress(fill(query), new URLSearchParams(query));
  for (const query of ['', 'mode=own', 'mode=receive', 'x=1']) assert.equal(after(query), undefined, query);
  assert.equal(after(`to=${theirs}&amount=5`), '/send');
  assert.equal(after(`from=${savings}`), '/send');
  assert.equal(after('amount=5'), '/send');
  assert.equal(after(`to=${savings}`), '/send?mode=own');
  assert.equal(after(`mode=own&from=${savings}`), '/send?mode=own');
});

test('an amount comes with a payee only, and only where it is one', () => {
  assert.equal(fill(`to=${theirs}&amount=1250.5`).amount, '1,250.50');
  for (const amount of ['0', '-1', '1e3', '1.234', 'x', '']) assert.equal(fill(`to=${theirs}&amount=${amount}`).amount, '');
  assert.equal(fill('amount=99').amount, '5');
});

test('a stranger’s account is not chosen to pay from', () => {
  assert.equal(fill(`from=${theirs}`).from, mine);
});

test('the link that asks for money is read back as it was meant', () => {
  const link = askLink('https://bank.example/', theirs, 123_456_789n, 'MXN');
  assert.equal(link, `https://bank.example/#/send?to=${theirs}&amount=1234567.89`);
  assert.equal(fill(link.split('?')[1] ?? '').amount, '1,234,567.89');
  assert.equal(askLink('https://bank.example/', theirs, undefined, 'MXN'), `https://bank.example/#/send?to=${theirs}`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstHead, memoHash, nextHead } from '../../src/caudal/chain.ts';
import { checkChain } from '../../src/app/views/movements/verify.ts';
import { type Leg, TransferKind } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { leg } from './legs.ts';

const account = { clabe: '032180000118359719', currency: 'MXN' };
const identity = new Uint8Array(32).fill(1);

/** Two movements whose heads follow from the opening of the account. */
async function chain(): Promise<[Leg, Leg]> {
  const salt = new Uint8Array(16).fill(2);
  const first = leg({ seq: 1n, amountMinor: 500n, balanceMinor: 500n, kind: TransferKind.GIFT });
  const second = leg({
    seq: 2n,
    amountMinor: -200n,
    balanceMinor: 300n,
    memo: 'café',
    memoSalt: salt,
    memoHash: await memoHash(salt, 'café'),
  });
  const { clabe, currency } = account;
  const content = ({ seq, amountMinor, balanceMinor, atUs, kind, counterparty }: Leg) =>
    ({ seq, amountMinor, balanceMinor, atUs, kind, counterparty, account: clabe, currency });
  first.head = await nextHead(await firstHead(identity, clabe, currency), content(first));
  second.head = await nextHead(first.head, { ...content(second), memoHash: second.memoHash });
  return [first, second];
}

test('a chain that was not touched is verified from one movement to the next', async () => {
  const [first, second] = await chain();
  assert.equal(await checkChain(account, first, undefined, identity), 'begins');
  assert.equal(await checkChain(account, second, first, identity), 'follows');
});

test('a movement whose memo was erased is still verified', async () => {
  const [first, second] = await chain();
  assert.equal(await checkChain(account, { ...second, memo: '', memoSalt: new Uint8Array() }, first, identity), 'follows');
});

test('whatever is changed of a movement breaks the chain', async () => {
  const [first, second] = await chain();
  const changes: Partial<Leg>[] = [
    { amountMinor: -201n },
    { balanceMinor: 301n },
    { amountMinor: -201n, balanceMinor: 299n },
    { memo: 'cafe' },
    { memoHash: new Uint8Array(32) },
    { memoSalt: new Uint8Array(16) },
    { memoSalt: new Uint8Array(3) },
    { atUs: second.atUs + 1n },
    { kind: TransferKind.DEPOSIT },
    { counterparty: '032180000118359719' },
    { head: first.head },
    { head: new Uint8Array() },
  ];
  for (const [i, change] of changes.entries()) {
    assert.equal(await checkChain(account, { ...second, ...change }, first, identity), 'broken', `change ${i}`);
  }
  assert.equal(await checkChain(account, second, { ...first, head: second.head }, identity), 'broken');
  assert.equal(await checkChain(account, { ...first, balanceMinor: 1n }, undefined, identity), 'broken');
});

test('what cannot be told is not called a forgery', async () => {
  const [first, second] = await chain();
  assert.equal(await checkChain(account, first, undefined, new Uint8Array(32).fill(9)), 'unknown');
  assert.equal(await checkChain(account, first, undefined, undefined), 'unknown');
  assert.equal(await checkChain(account, second, undefined, identity), 'unknown');
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { type ChainLeg, firstHead, memoHash, nextHead } from "../../src/caudal/chain.ts";
import { toHex } from "../../src/caudal/channel/bytes.ts";

const identity = new Uint8Array(32).fill(1);
const leg: ChainLeg = {
  kind: 1,
  account: "032180000118359719",
  counterparty: "002010077777777771",
  seq: 1n,
  amountMinor: -12345n,
  balanceMinor: 987655n,
  atUs: 1767225600000000n,
  currency: "MXN",
};

test("the example of PROTOCOL.md, section 8", async () => {
  const first = await firstHead(identity, leg.account, "MXN");
  assert.equal(toHex(first), "d6b48c700f8694f260b7a0ba91b421d534b634413cd79ef6383bec0192026c15");
  const memo = await memoHash(new Uint8Array(16).fill(2), "café");
  assert.equal(toHex(memo), "7ce7e09f427aa7b20094f386d317cf9b76f73a551467b98734f21b57a59b7335");
  const next = await nextHead(first, { ...leg, memoHash: memo });
  assert.equal(toHex(next), "a3905ee9bac395c75e73177b969ccf41ded70e54b067324cb200f64b5710538b");
});

test("the chain binds every field", async () => {
  const head = new Uint8Array(32);
  const changes: Partial<ChainLeg>[] = [
    {},
    { kind: 2 },
    { account: "032180000118359711" },
    { counterparty: "032180000118359711" },
    { seq: 2n },
    { amountMinor: 12345n },
    { balanceMinor: 987654n },
    { atUs: 1767225600000001n },
    { currency: "USD" },
    { memoHash: new Uint8Array(32).fill(1) },
  ];
  const heads = await Promise.all(changes.map(async (change) => toHex(await nextHead(head, { ...leg, ...change }))));
  heads.push(toHex(await nextHead(new Uint8Array(32).fill(1), leg)));
  assert.equal(new Set(heads).size, changes.length + 1);
});

test("no memo is 32 zeros, and the bounds of int64 fit", async () => {
  const head = new Uint8Array(32);
  const zeros = await nextHead(head, { ...leg, memoHash: new Uint8Array(32) });
  assert.deepEqual(await nextHead(head, leg), zeros);
  const lowest = await nextHead(head, { ...leg, amountMinor: -(2n ** 63n), balanceMinor: 2n ** 63n - 1n });
  assert.equal(lowest.length, 32);
});

test("what is no CLABE, currency, head or salt is refused, by the promise", async () => {
  await assert.rejects(firstHead(identity, "0321800001183597", "MXN"), RangeError);
  await assert.rejects(firstHead(identity, leg.account, "mxn"), RangeError);
  await assert.rejects(firstHead(new Uint8Array(31), leg.account, "MXN"), RangeError);
  await assert.rejects(nextHead(new Uint8Array(31), leg), RangeError);
  await assert.rejects(nextHead(identity, { ...leg, memoHash: new Uint8Array(31) }), RangeError);
  await assert.rejects(memoHash(new Uint8Array(15), "x"), RangeError);
});

test("what does not fit its field is refused: no two legs have one head", async () => {
  const head = new Uint8Array(32);
  const wrong: Partial<ChainLeg>[] = [
    { kind: 257 },
    { kind: -1 },
    { seq: 2n ** 64n + 1n },
    { amountMinor: -(2n ** 63n) - 1n },
    { balanceMinor: 2n ** 64n },
    { counterparty: "002010077777777771\n" },
  ];
  for (const change of wrong) await assert.rejects(nextHead(head, { ...leg, ...change }), RangeError);
});

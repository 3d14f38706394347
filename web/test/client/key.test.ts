import assert from "node:assert/strict";
import { test } from "node:test";

import { KeyMint, parseKey } from "../../src/caudal/client/key.ts";

/** The milliseconds in a key. */
function msOf(key: string): number {
  return Number.parseInt(key.replaceAll("-", "").slice(0, 12), 16);
}

test("keys are UUIDs of version 7, dated by the clock given, and grow", () => {
  const mint = new KeyMint();
  let last = "";
  for (let n = 0; n < 10_000; n++) {
    const key = mint.mint(1_772_366_400_000 + Math.floor(n / 5000));
    assert.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.ok(key > last);
    last = key;
    assert.equal(parseKey(key).length, 16);
  }
  assert.ok(msOf(last) - 1_772_366_400_000 < 60);
});

test("a clock that is set back a little still makes greater keys; one that is far off is believed", () => {
  const mint = new KeyMint();
  const first = mint.mint(1_772_366_400_000);
  assert.ok(mint.mint(1_772_366_399_000) > first);
  assert.equal(msOf(mint.mint(1_772_366_300_000)), 1_772_366_300_000);
});

test("keys of two mints differ", () => {
  const [a, b] = [new KeyMint(), new KeyMint()];
  assert.notEqual(a.mint(1), b.mint(1));
});

test("other texts are no keys", () => {
  for (const text of ["", "0199a000-0000-4000-8000-000000000001", "0199A000-0000-7000-8000-000000000001", "0199a000"]) {
    assert.throws(() => parseKey(text), TypeError);
  }
});

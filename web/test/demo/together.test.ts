import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signal } from '@preact/signals';
import { restMs, Together } from '../../src/demo/together.ts';

/** A sum, what is shown of it, and the timer that waits. */
function watched() {
  const sum = signal<bigint | undefined>(undefined);
  let waiting: (() => void) | undefined;
  const together = new Together(sum, (f, ms) => {
    assert.equal(ms, restMs);
    waiting = f;
    return () => (waiting = undefined);
  });
  return { sum, together, rest: () => waiting?.(), waits: () => waiting !== undefined };
}

test('what both have is shown once it is known', () => {
  const { sum, together } = watched();
  assert.equal(together.shown.value, undefined);
  sum.value = 20_000_00n;
  assert.equal(together.shown.value, 20_000_00n);
});

test('the sum while one side alone has heard of a payment is never shown', () => {
  const { sum, together, waits } = watched();
  sum.value = 20_000_00n;
  sum.value = 19_950_00n;
  sum.value = 20_000_00n;
  assert.equal(together.shown.value, 20_000_00n);
  assert.equal(waits(), false);
});

test('another sum that stays is shown', () => {
  const { sum, together, rest } = watched();
  sum.value = 20_000_00n;
  sum.value = 19_950_00n;
  rest();
  assert.equal(together.shown.value, 19_950_00n);
});

test('what was known stays while a connection is away', () => {
  const { sum, together, waits } = watched();
  sum.value = 20_000_00n;
  sum.value = 19_950_00n;
  sum.value = undefined;
  assert.equal(together.shown.value, 20_000_00n);
  assert.equal(waits(), false);
});

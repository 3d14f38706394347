import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoMax, readMemo } from '../../src/app/views/send/memo.ts';

test('a memo is brought into the form that the bank keeps', () => {
  assert.deepEqual(readMemo('  la\u00a0comida '), { text: 'la comida', length: 9, unsendable: false });
  assert.equal(readMemo('cafe\u0301').text, 'café');
  assert.equal(readMemo('').length, 0);
});

test('characters are counted as the bank counts them: by code point, after normalisation', () => {
  assert.equal(readMemo('e\u0301'.repeat(memoMax)).length, memoMax);
  assert.equal(readMemo('🌮'.repeat(memoMax)).length, memoMax);
  assert.equal(readMemo('🌮'.repeat(memoMax + 1)).length, memoMax + 1);
});

test('what would do something where it is shown cannot be sent', () => {
  for (const text of ['a\nb', 'a\u001bb', 'a\u202eb', 'a\u200bb', 'a\ufeffb', 'a\ufffdb', 'a\ud800b', 'a\ue000b', '\u2028']) {
    assert.equal(readMemo(text).unsendable, true, JSON.stringify(text));
  }
  for (const text of ['¡feliz cumpleaños!', '🌮🥑', '👨‍👩‍👧', 'می‌خواهم', '100 % ✓', '❤️']) {
    assert.equal(readMemo(text).unsendable, false, text);
  }
});

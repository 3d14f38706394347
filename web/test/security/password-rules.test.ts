import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ready, rules } from '../../src/app/views/security/password-rules.ts';

const old = 'the old password';
const next = 'a brand new one';

test('a good new password may be sent', () => {
  assert.equal(ready({ old, next, repeat: next }), true);
});

test('each rule is enough to refuse', () => {
  for (const typed of [
    { old: '', next, repeat: next },
    { old, next: 'short', repeat: 'short' },
    { old, next: 'x'.repeat(257), repeat: 'x'.repeat(257) },
    { old, next: old, repeat: old },
    { old, next, repeat: '' },
    { old, next, repeat: next + '!' },
  ]) {
    assert.equal(ready(typed), false, JSON.stringify(typed));
  }
});

test('characters count as the bank counts them', () => {
  assert.equal(rules({ old, next: 'e\u0301'.repeat(12), repeat: '' }).characters, 12, 'composed before counting');
  assert.equal(rules({ old, next: '🌊'.repeat(11), repeat: '' }).longEnough, false, 'a pair of surrogates is one');
  assert.equal(rules({ old, next: '🌊'.repeat(256), repeat: '' }).notTooLong, true);
});

test('the same letters, composed or not, are the same password', () => {
  assert.equal(rules({ old: 'contraseña antigua', next: 'contrasen\u0303a antigua', repeat: '' }).different, false);
  assert.equal(rules({ old, next: 'contraseña nueva', repeat: 'contrasen\u0303a nueva' }).repeated, true);
});

test('nothing is said of a repetition that has not begun', () => {
  assert.equal(rules({ old, next, repeat: '' }).repeated, undefined);
  assert.equal(rules({ old, next, repeat: 'a' }).repeated, false);
});

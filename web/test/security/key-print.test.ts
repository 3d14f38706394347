import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { grouped, hex, keyPrint } from '../../src/app/views/security/key-print.ts';

test("a key's print is the base32 of the first 80 bits of its SHA-256", async () => {
  for (const size of [32, 65]) {
    const key = Uint8Array.from({ length: size }, (_, i) => i * 7 + size);
    const bits = Array.from(createHash('sha256').update(key).digest().subarray(0, 10), (b) => b.toString(2).padStart(8, '0')).join('');
    const expected = (bits.match(/.{5}/g) ?? []).map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(parseInt(five, 2))).join('');
    const print = await keyPrint(key);
    assert.match(print, /^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
    assert.equal(print.replaceAll('-', ''), expected);
  }
});

test('keys that differ in one bit have other prints', async () => {
  const key = new Uint8Array(32);
  const other = new Uint8Array(32);
  other[31] = 1;
  assert.notEqual(await keyPrint(key), await keyPrint(other));
});

test('grouped loses nothing', () => {
  assert.deepEqual(grouped('abcdefgh', 3), ['abc', 'def', 'gh']);
  assert.deepEqual(grouped('', 4), []);
});

test('hex writes two digits a byte', () => {
  assert.equal(hex(Uint8Array.of(0, 10, 255)), '000aff');
});

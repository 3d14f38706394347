import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BankError, Code, LinkError } from '../../src/caudal/index.ts';
import { deviceName } from '../../src/app/device-name.ts';
import { characters, cleanUsername, isFirstGroup, isUsername, ownerFault } from '../../src/app/views/signin/rules.ts';
import { faultsOf } from '../../src/app/views/signin/use-entry.ts';
import { caretAfter, clabeOf, groupClabe } from '../../src/app/ui/clabe-text.ts';

test('a username is read as it is meant, and judged as the bank does', () => {
  assert.equal(cleanUsername(' @Ana_1 '), 'ana_1');
  for (const good of ['ana', 'a_1', '___', 'x'.repeat(30)]) {
    assert.ok(isUsername(good), good);
  }
  for (const bad of ['', 'an', 'x'.repeat(31), 'aña', 'ana maria', 'Ana', 'ana-1', 'ana\n']) {
    assert.ok(!isUsername(bad), bad);
  }
});

test('a name has a letter, and at most 80 characters as the bank counts them', () => {
  assert.equal(ownerFault('  '), 'missing');
  assert.equal(ownerFault('123'), 'letter');
  assert.equal(ownerFault('ñ'.repeat(81)), 'long');
  assert.equal(ownerFault('n\u0303'.repeat(80)), undefined, 'decomposed counts as composed');
  assert.equal(ownerFault('李'), undefined);
});

test('characters are counted after normalisation, and beyond the first plane', () => {
  assert.equal(characters('e\u0301'), 1);
  assert.equal(characters('😀😀'), 2);
});

test('a refusal is shown where it belongs', () => {
  const fields = (code: Code) => Object.keys(faultsOf(new BankError(code, '', false)));
  assert.deepEqual(fields(Code.USERNAME_TAKEN), ['username']);
  assert.deepEqual(fields(Code.INVALID_PASSWORD), ['password']);
  assert.deepEqual(fields(Code.BAD_CREDENTIALS), ['password']);
  assert.deepEqual(fields(Code.RATE_LIMITED), ['form']);
  assert.deepEqual(Object.keys(faultsOf(new LinkError('cut'))), ['form']);
});

test('only the first group of the new fingerprint opens the way on', () => {
  const offered = 'ZZ7QX-UJI4D-Q7K2M';
  assert.ok(isFirstGroup(' zz7qx ', offered));
  for (const typed of ['', 'ZZ7Q', 'UJI4D', 'ZZ7QX-UJI4D', 'yes']) {
    assert.ok(!isFirstGroup(typed, offered), typed);
  }
});

test('a device gets a name that its person recognises', () => {
  assert.equal(deviceName('Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0'), 'Firefox · Linux');
  assert.equal(
    deviceName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'),
    'Safari · iPhone',
  );
  assert.equal(
    deviceName('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0'),
    'Edge · Windows',
  );
  assert.equal(deviceName(''), 'Web');
  assert.ok(deviceName('x'.repeat(10_000)).length <= 60);
});

test('a CLABE is grouped while it is typed, whatever was pasted', () => {
  assert.equal(groupClabe('032180000118359719'), '032 180 00011835971 9');
  assert.equal(groupClabe('0321'), '032 1');
  assert.equal(groupClabe(''), '');
  assert.equal(clabeOf(' 032-180 00011835971/9 and more 123'), '032180000118359719');
  assert.equal(caretAfter(3, '032 1'), 3);
  assert.equal(caretAfter(4, '032 1'), 5);
  assert.equal(caretAfter(0, ''), 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readQuery } from '../../src/app/views/teller/query.ts';

const good = '032180000118359719';

test('words are asked for from two characters on', () => {
  assert.deepEqual(readQuery(''), { kind: 'empty' });
  assert.deepEqual(readQuery('  \t '), { kind: 'empty' });
  assert.deepEqual(readQuery('a'), { kind: 'short' });
  assert.deepEqual(readQuery('a b'), { kind: 'short' });
  assert.deepEqual(readQuery('ñ.'), { kind: 'short' });
  assert.deepEqual(readQuery(' ana  torres '), { kind: 'words', text: 'ana torres' });
  assert.deepEqual(readQuery('ñu'), { kind: 'words', text: 'ñu' });
  assert.deepEqual(readQuery('a_'), { kind: 'words', text: 'a_' }, 'an underscore is part of a username');
});

test('a username may come with its @', () => {
  assert.deepEqual(readQuery('@ana'), { kind: 'words', text: 'ana' });
  assert.deepEqual(readQuery('@a'), { kind: 'short' });
});

test('a CLABE is looked up only when it is whole and right', () => {
  assert.deepEqual(readQuery(good), { kind: 'clabe', text: good });
  assert.deepEqual(readQuery('032 180 00011835971 9'), { kind: 'clabe', text: good });
  assert.deepEqual(readQuery('032-180-00011835971-9'), { kind: 'clabe', text: good });
  assert.deepEqual(readQuery('0321800001183597'), { kind: 'digits', digits: 16 });
  assert.deepEqual(readQuery('032180000118359718'), { kind: 'bad_clabe' });
  assert.deepEqual(readQuery(good + '0'), { kind: 'long' });
});

test('more than the bank takes is not sent', () => {
  assert.deepEqual(readQuery('x'.repeat(80)), { kind: 'words', text: 'x'.repeat(80) });
  assert.deepEqual(readQuery('x'.repeat(81)), { kind: 'long' });
});

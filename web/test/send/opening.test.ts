import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextOpening, type Opening, type OpeningNews, readName } from '../../src/app/views/open/opening.ts';
import { account, keyA, keyB, mine, order } from './make.ts';

const command = { kind: 'open_account', name: 'Ahorro', currency: 'MXN' } as const;
const form: Opening = { step: 'form', name: 'Ahorro' };
const sending = nextOpening(form, { type: 'confirm', key: keyA, name: 'Ahorro' });

function after(opening: Opening, ...news: OpeningNews[]): Opening {
  return news.reduce(nextOpening, opening);
}

function told(key: string, state: 'sending' | 'unknown' | 'done' | 'refused'): OpeningNews {
  return { type: 'order', order: order(key, state, { command, ...(state === 'done' ? { account: account(mine, 0n) } : {}) }) };
}

test('a name is read as the bank keeps it', () => {
  assert.deepEqual(readName('  Mis   ahorros '), { name: 'Mis ahorros', problem: undefined });
  assert.equal(readName(' ').problem, 'missing');
  assert.equal(readName('x'.repeat(60)).problem, undefined);
  assert.equal(readName('x'.repeat(61)).problem, 'too_long');
  assert.equal(readName('a\u202eb').problem, 'unsendable');
});

test('an account is opened once, and the page says which', () => {
  const done = after(sending, told(keyA, 'unknown'), told(keyA, 'done'));
  assert.equal(done.step === 'ordered' && done.outcome.kind, 'done');
  assert.equal(done.step === 'ordered' && done.clabe, mine);
  const twice = after(sending, { type: 'confirm', key: keyB, name: 'Ahorro' });
  assert.equal(twice, sending, 'the second press gives no order');
  assert.equal(after(done, told(keyA, 'unknown'), told(keyB, 'refused')), done, 'what is settled stays');
});

test('where nothing was opened the name comes back; where something may have been, it does not', () => {
  assert.deepEqual(after(sending, told(keyA, 'refused'), { type: 'back' }), form);
  assert.deepEqual(after(sending, { type: 'failed', key: keyA, error: 'x' }, { type: 'back' }), form);
  for (const state of ['sending', 'unknown', 'done'] as const) {
    assert.deepEqual(after(sending, told(keyA, state), { type: 'back' }), { step: 'form', name: '' });
  }
});

test('after a reload the order’s own note says everything', () => {
  const shown = after({ step: 'form', name: '' }, { type: 'show', order: order(keyA, 'unknown', { command }) });
  assert.equal(shown.step === 'ordered' && shown.outcome.kind, 'unknown');
  const settled = after(shown, told(keyA, 'done'));
  assert.equal(settled.step === 'ordered' && settled.clabe, mine);
  assert.equal(after(form, { type: 'show', order: order(keyA, 'unknown') }), form, 'a transfer is no opening');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPayee, regroup } from '../../src/app/views/send/payee.ts';

const own = ['999001000000000018', '999001000000000021'];

test('a payee is read from what was typed or pasted', () => {
  const cases: [string, ReturnType<typeof readPayee>][] = [
    ['', { kind: 'empty' }],
    ['   ', { kind: 'empty' }],
    ['99', { kind: 'typing', digits: '99', bank: undefined }],
    ['999 001', { kind: 'typing', digits: '999001', bank: undefined }],
    ['012 18', { kind: 'typing', digits: '01218', bank: 'BBVA México' }],
    ['03218000011835971', { kind: 'typing', digits: '03218000011835971', bank: undefined }],
    ['032180000118359719', { kind: 'elsewhere', clabe: '032180000118359719', bank: undefined }],
    ['002 010 07777777777 1', { kind: 'elsewhere', clabe: '002010077777777771', bank: 'Banamex' }],
    ['002010077777777770', { kind: 'wrong', why: 'check_digit' }],
    ['0020100777777777711', { kind: 'wrong', why: 'too_long' }],
    ['@Luis', { kind: 'username', username: 'luis' }],
    ['mercado_1', { kind: 'username', username: 'mercado_1' }],
    ['@123456', { kind: 'username', username: '123456' }],
    ['@ab', { kind: 'wrong', why: 'username' }],
    ['josé', { kind: 'wrong', why: 'username' }],
    ['luis vega', { kind: 'wrong', why: 'username' }],
  ];
  for (const [text, want] of cases) assert.deepEqual(readPayee(text, own), want, JSON.stringify(text));
});

test('a CLABE of this bank is somebody to ask for, and an own one is known', () => {
  const here = ['032180000118359719'];
  assert.deepEqual(readPayee('032-180-00000000000-8', here), { kind: 'clabe', clabe: '032180000000000008' });
  assert.deepEqual(readPayee('\u202a032 180\u200b 00000000000\u2013 8\u202c', here), { kind: 'clabe', clabe: '032180000000000008' });
  assert.deepEqual(readPayee('０３２１８０００００００００００００', here), { kind: 'wrong', why: 'username' });
  assert.deepEqual(readPayee(' 032180000118359719\n', here), { kind: 'own', clabe: '032180000118359719' });
});

test('without an account of one’s own no CLABE is another bank’s', () => {
  assert.deepEqual(readPayee('002010077777777771', []), { kind: 'clabe', clabe: '002010077777777771' });
});

test('digits are grouped while typing, and the caret stays behind the same digit', () => {
  const typed = (marked: string) => {
    const caret = marked.indexOf('|');
    const { text, caret: at } = regroup(marked.replace('|', ''), caret);
    return `${text.slice(0, at)}|${text.slice(at)}`;
  };
  assert.equal(typed('032|'), '032|');
  assert.equal(typed('0321|'), '032 1|');
  assert.equal(typed('032 1|'), '032 1|');
  assert.equal(typed('032 |'), '032|', 'a backspace over the last group leaves no space behind');
  assert.equal(typed('03|180'), '03|1 80');
  assert.equal(typed('0|32180000118359719'), '0|32 180 00011835971 9');
  assert.equal(typed('|032180'), '|032 180');
  assert.equal(typed('032-180-00011835971-9|'), '032 180 00011835971 9|');
  assert.equal(typed('0321800001183597195|'), '032 180 00011835971 95|', 'a digit too many is kept: it is for the eye to see');
  assert.equal(typed('\u202a032180|'), '032 180|', 'what nobody sees is not kept');
  assert.equal(typed('@12|3456'), '@12|3456', 'a username is left alone');
  assert.equal(typed('lu|is'), 'lu|is');
});

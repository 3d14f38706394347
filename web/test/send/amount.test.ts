import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMoney } from '../../src/app/format.ts';
import { regroupAmount } from '../../src/app/views/send/amount.ts';

test('thousands are grouped while typing, and the caret stays behind the same digit', () => {
  const typed = (marked: string) => {
    const at = marked.indexOf('|');
    const text0 = marked.replace('|', '');
    const { text, caret } = regroupAmount(text0, at, text0.slice(0, at - 1) + text0.slice(at));
    return `${text.slice(0, caret)}|${text.slice(caret)}`;
  };
  const cases: [string, string][] = [
    ['|', '|'],
    ['1|', '1|'],
    ['123|', '123|'],
    ['1234|', '1,234|'],
    ['1,2345|', '12,345|'],
    ['1|,234', '1|,234'],
    ['12|,345.5', '12|,345.5'],
    ['91|,234', '91|,234'],
    ['1234567.|', '1,234,567.|'],
    ['1,234.50|', '1,234.50|'],
    ['.5|', '.5|'],
    ['0012|', '0,012|'],
    ['$1234.50|', '1,234.50|'],
    [' 1500 |', '1,500|'],
    ['1234.567|', '1,234.567|'],
  ];
  for (const [before, after] of cases) assert.equal(typed(before), after, before);
});

test('a digit that is put in or taken out moves the commas', () => {
  const cases: [string, string, string][] = [
    ['1,234', '1,2345|', '12,345|'],
    ['1,234', '91|,234', '91|,234'],
    ['1,234', '|,234', '|234'],
    ['12,345', '12,34|', '1,234|'],
    ['1,234', '1|234', '1|,234'],
    ['1,234', '1,|34', '1|34'],
    ['1,234,567', '1,2|67', '1,2|67'],
    ['1,234', '1,2.|34', '12.|34'],
    ['1,234.5', '1,234|5', '12,34|5'],
  ];
  for (const [before, marked, want] of cases) {
    const at = marked.indexOf('|');
    const { text, caret } = regroupAmount(marked.replace('|', ''), at, before);
    assert.equal(`${text.slice(0, caret)}|${text.slice(caret)}`, want, marked);
  }
});

test('a comma that a person wrote is never taken away: it may have been meant as a point', () => {
  // Keystroke by keystroke, as on a keyboard whose decimal key is a comma.
  const write = (keys: string) => [...keys].reduce((before, key) => regroupAmount(before + key, before.length + 1, before).text, '');
  assert.equal(write('12,50'), '12,50');
  assert.equal(write('1250,00'), '1,250,00');
  assert.equal(write('0,5'), '0,5');
  assert.equal(write('1,234,567.8'), '1,234,567.8');
  assert.equal(parseMoney(write('12,50'), 'MXN'), undefined);

  const paste = (text: string, before = '') => regroupAmount(text, text.length, before).text;
  for (const text of ['1250,00', '12,5', '1,250,00', '$1,25']) {
    for (const before of ['', '7', '1,234', '1,234.50']) {
      assert.equal(paste(text, before), text);
      assert.equal(parseMoney(paste(text, before), 'MXN'), undefined);
    }
  }
  assert.equal(paste('1,250'), '1,250');
  assert.equal(paste('1250.5', '1,234'), '1,250.5');
});

test('what is no amount is left as it is', () => {
  for (const text of ['1.234,50', '1e5', '-5', 'abc', '12.3.4', '１２', '1 250', 'US$5']) {
    assert.deepEqual(regroupAmount(text, 2, ''), { text, caret: 2 }, text);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { regroupAmount } from '../../src/app/views/send/amount.ts';

test('thousands are grouped while typing, and the caret stays behind the same digit', () => {
  const typed = (marked: string) => {
    const at = marked.indexOf('|');
    const { text, caret } = regroupAmount(marked.replace('|', ''), at);
    return `${text.slice(0, caret)}|${text.slice(caret)}`;
  };
  const cases: [string, string][] = [
    ['|', '|'],
    ['1|', '1|'],
    ['123|', '123|'],
    ['1234|', '1,234|'],
    ['1,2345|', '12,345|'],
    ['12,34|', '1,234|'],
    ['1|,234', '1|,234'],
    ['12|,345.5', '12|,345.5'],
    ['91|,234', '91|,234'],
    ['1,|34', '1|34'],
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

test('what is no amount is left as it is', () => {
  for (const text of ['1.234,50', '1e5', '-5', 'abc', '12.3.4']) {
    assert.deepEqual(regroupAmount(text, 2), { text, caret: 2 }, text);
  }
});

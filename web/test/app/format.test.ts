import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { day, dateTime, duration, money, parseMoney, relative, signedMoney, symbolOf, time, typedMoney } from '../../src/app/format.ts';
import { language } from '../../src/app/i18n.ts';

beforeEach(() => {
  language.value = 'es-MX';
});

describe('money', () => {
  const cases: readonly (readonly [bigint, string, string])[] = [
    [0n, 'MXN', '$0.00'],
    [1n, 'MXN', '$0.01'],
    [-1n, 'MXN', '−$0.01'],
    [99n, 'MXN', '$0.99'],
    [100n, 'MXN', '$1.00'],
    [123450n, 'MXN', '$1,234.50'],
    [-123450n, 'USD', '−US$1,234.50'],
    [9_223_372_036_854_775_807n, 'MXN', '$92,233,720,368,547,758.07'],
    [-9_223_372_036_854_775_808n, 'MXN', '−$92,233,720,368,547,758.08'],
  ];
  for (const locale of ['es-MX', 'en'] as const) {
    for (const [amountMinor, currency, want] of cases) {
      test(`${amountMinor} ${currency} is ${want} in ${locale}`, () => {
        language.value = locale;
        assert.equal(money(amountMinor, currency), want);
      });
    }
  }

  test('has a plus only for what comes in', () => {
    assert.equal(signedMoney(5000n, 'MXN'), '+$50.00');
    assert.equal(signedMoney(0n, 'MXN'), '$0.00');
    assert.equal(signedMoney(-5000n, 'MXN'), '−$50.00');
  });

  test('of an unknown currency is never wrong by its decimals', () => {
    assert.equal(money(5000n, 'JPY'), 'JPY\u00a05,000');
    assert.equal(symbolOf('USD'), 'US$');
  });
});

describe('parseMoney', () => {
  const good: readonly (readonly [string, bigint])[] = [
    ['0', 0n],
    ['1', 100n],
    ['1234.5', 123450n],
    ['1,234.50', 123450n],
    ['1,234,567.89', 123456789n],
    ['1.', 100n],
    ['.5', 50n],
    ['007', 700n],
    ['$12.50', 1250n],
    ['$ 12.50', 1250n],
    ['  12.50  ', 1250n],
    ['\u00a012.50', 1250n],
    ['92233720368547758.07', 9_223_372_036_854_775_807n],
    ['92,233,720,368,547,758.07', 9_223_372_036_854_775_807n],
  ];
  for (const [text, want] of good) {
    test(`reads ${JSON.stringify(text)}`, () => assert.equal(parseMoney(text, 'MXN'), want));
  }

  const hostile = [
    '', ' ', '.', ',', '$', '-', '-1', '+1', '−1', '1e3', '1E3', '0x10', '0b1', '1_000', 'Infinity', 'NaN', '1n',
    '1.234', '1.999', '0.001', '1,23', '12,34.50', '1,2345', ',123', '1,,234', '1,234,', '1.2.3', '1,234.5,6', '1 250',
    '１２', '١٢', '½', '1\u200b2', '1\u0000', '1\n2', '$$1', 'US$1', '1MXN', '92233720368547758.08', '9'.repeat(39), '1'.repeat(100_000),
  ];
  for (const text of hostile) {
    test(`refuses ${JSON.stringify(text.slice(0, 30))}`, () => assert.equal(parseMoney(text, 'MXN'), undefined));
  }

  test('takes the symbol of its own currency only', () => {
    assert.equal(parseMoney('US$1.50', 'USD'), 150n);
    assert.equal(parseMoney('$1.50', 'USD'), 150n);
  });

  test('reads what typedMoney writes', () => {
    for (const amountMinor of [0n, 1n, 10n, 99n, 100n, 123_456_789n, 9_223_372_036_854_775_807n]) {
      assert.equal(parseMoney(typedMoney(amountMinor, 'MXN'), 'MXN'), amountMinor);
    }
  });
});

describe('times', () => {
  const noon = new Date(2026, 10, 23, 12, 0, 0).getTime();
  const us = (ms: number) => BigInt(ms) * 1000n;

  test('days near now have names', () => {
    assert.equal(day(us(noon), noon), 'hoy');
    assert.equal(day(us(noon - 86_400_000), noon), 'ayer');
    assert.match(day(us(noon - 3 * 86_400_000), noon), /^20 de noviembre$/);
    assert.match(day(us(noon - 400 * 86_400_000), noon), /2025$/);
    language.value = 'en';
    assert.equal(day(us(noon), noon), 'today');
  });

  test('yesterday is the day before, however few hours ago', () => {
    const justAfterMidnight = new Date(2026, 10, 23, 0, 1).getTime();
    assert.equal(day(us(justAfterMidnight - 120_000), justAfterMidnight), 'ayer');
  });

  test('a receipt has seconds and a time zone', () => {
    assert.match(dateTime(us(noon)), /12:00:00/);
    assert.match(time(us(noon)), /12:00/);
  });

  test('relative and duration count in their largest unit', () => {
    language.value = 'en';
    assert.equal(relative(-180_000), '3 minutes ago');
    assert.equal(relative(7_200_000), 'in 2 hours');
    assert.equal(duration(12_900), '12\u00a0sec');
    assert.equal(duration(61_000), '1\u00a0min');
    assert.equal(duration(-5), '0\u00a0sec');
  });
});

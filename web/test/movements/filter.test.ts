import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Filter, conditions, everything, matcher, searches } from '../../src/app/views/movements/filter.ts';
import { TransferKind } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { leg } from './legs.ts';

const names = (kind: TransferKind): string => (kind === TransferKind.DEPOSIT ? 'Depósito' : 'Transferencia');
const finds = (filter: Partial<Filter>, movement: Parameters<typeof leg>[0]): boolean =>
  matcher({ ...everything, ...filter }, 'MXN', names)(leg(movement));

test('a search ignores case, accents and width', () => {
  const movement = { counterpartyName: 'José Ñandú', memo: 'Café  de olla' };
  for (const text of ['jose', 'ÑANDU', 'nandú', 'CAFE', 'cafe de', 'olla jose', 'ｃａｆé', ' ', 'Jose\u0301']) {
    assert.ok(finds({ text }, movement), text);
  }
  for (const text of ['josefa', 'cafe tacuba', 'x']) assert.ok(!finds({ text }, movement), text);
});

test('a search finds CLABEs however they are grouped, but not by a digit or two', () => {
  const movement = { counterparty: '032180000118359719', counterpartyName: '', amountMinor: 7n };
  for (const text of ['032180000118359719', '032 180 00011835971 9', '032-180', '59719']) {
    assert.ok(finds({ text }, movement), text);
  }
  for (const text of ['9', '719', '0321801', '002010']) assert.ok(!finds({ text }, movement), text);
});

test('a search finds amounts by what a person types of them', () => {
  const movement = { amountMinor: -123450n };
  for (const text of ['1234', '1,234', '1234.5', '1,234.50', '$1,234.50', '-1234', '−1234.5', '01234', '1234.']) {
    assert.ok(finds({ text }, movement), text);
  }
  for (const text of ['123', '12345', '+1234', '1234.6', '1234.500', '234', '1,23,4']) {
    assert.ok(!finds({ text }, movement), text);
  }
  assert.ok(finds({ text: '+5' }, { amountMinor: 599n }));
  assert.ok(finds({ text: '0.05' }, { amountMinor: 5n }));
});

test('a search finds kinds by their name', () => {
  assert.ok(finds({ text: 'deposito' }, { kind: TransferKind.DEPOSIT }));
  assert.ok(!finds({ text: 'deposito' }, { kind: TransferKind.TRANSFER }));
});

test('every condition narrows', () => {
  const cases: [string, Partial<Filter>, Parameters<typeof leg>[0], boolean][] = [
    ['in', { direction: 'in' }, { amountMinor: 1n }, true],
    ['in', { direction: 'in' }, { amountMinor: -1n }, false],
    ['out', { direction: 'out' }, { amountMinor: -1n }, true],
    ['out', { direction: 'out' }, { amountMinor: 1n }, false],
    ['kind', { kind: TransferKind.GIFT }, { kind: TransferKind.GIFT }, true],
    ['kind', { kind: TransferKind.GIFT }, { kind: TransferKind.DEPOSIT }, false],
    ['least', { minMinor: 100n }, { amountMinor: -100n }, true],
    ['least', { minMinor: 100n }, { amountMinor: 99n }, false],
    ['most', { maxMinor: 100n }, { amountMinor: -100n }, true],
    ['most', { maxMinor: 100n }, { amountMinor: -101n }, false],
    ['both', { minMinor: 1n, text: 'zzz' }, { amountMinor: 5n }, false],
  ];
  for (const [name, filter, movement, want] of cases) assert.equal(finds(filter, movement), want, name);
});

test('dates alone are no search, and count as one condition', () => {
  const dates = { ...everything, firstDay: '2026-01-01', lastDay: '2026-01-31' };
  assert.equal(searches(dates), false);
  assert.equal(conditions(dates), 1);
  assert.equal(searches({ ...everything, text: 'a' }), true);
  assert.equal(conditions({ ...everything, text: 'a' }), 0);
  assert.equal(conditions({ ...dates, direction: 'in', minMinor: 1n, maxMinor: 2n, kind: TransferKind.GIFT }), 4);
});

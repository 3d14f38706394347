import { type Leg, TransferKind } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { decimals, plainAmount } from './amounts.ts';
import { fold } from './fold.ts';

/** Which way money went, seen from the account. */
export type Direction = 'all' | 'in' | 'out';

/** What a person asks the list of movements for. */
export interface Filter {
  /** Words; each must be in the name, CLABE, memo, kind or amount. */
  readonly text: string;
  readonly direction: Direction;
  /** 0 means every kind. */
  readonly kind: TransferKind;
  /** Local days, `YYYY-MM-DD`, both included; empty means no bound. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** Of the amount without its sign, both included. */
  readonly minMinor: bigint | undefined;
  readonly maxMinor: bigint | undefined;
}

/** The filter that everything passes. */
export const everything: Filter = {
  text: '',
  direction: 'all',
  kind: TransferKind.UNSPECIFIED,
  firstDay: '',
  lastDay: '',
  minMinor: undefined,
  maxMinor: undefined,
};

/** Whether the filter looks at a movement itself, beyond its date: such movements must be looked for. */
export function searches(filter: Filter): boolean {
  return (
    filter.text.trim() !== '' ||
    filter.direction !== 'all' ||
    filter.kind !== TransferKind.UNSPECIFIED ||
    filter.minMinor !== undefined ||
    filter.maxMinor !== undefined
  );
}

/** How many of the panel's conditions are set; the words of the search do not count. */
export function conditions(filter: Filter): number {
  return [
    filter.direction !== 'all',
    filter.kind !== TransferKind.UNSPECIFIED,
    filter.firstDay !== '' || filter.lastDay !== '',
    filter.minMinor !== undefined || filter.maxMinor !== undefined,
  ].filter(Boolean).length;
}

/** How a kind of transfer is called, so that the search finds it by its name. */
export type KindNames = (kind: TransferKind) => string;

/**
 * Makes a filter a test for movements of an account in currency. Dates are not tested: the source of the movements keeps
 * to them.
 */
export function matcher(filter: Filter, currency: string, names: KindNames): (leg: Leg) => boolean {
  const matchesText = textMatcher(filter.text, currency, names);
  return (leg) => {
    if (filter.direction === 'in' && leg.amountMinor < 0n) return false;
    if (filter.direction === 'out' && leg.amountMinor >= 0n) return false;
    if (filter.kind !== TransferKind.UNSPECIFIED && leg.kind !== filter.kind) return false;
    const size = leg.amountMinor < 0n ? -leg.amountMinor : leg.amountMinor;
    if (filter.minMinor !== undefined && size < filter.minMinor) return false;
    if (filter.maxMinor !== undefined && size > filter.maxMinor) return false;
    return matchesText(leg);
  };
}

/** Fewer digits than this are never taken for a part of a CLABE: they would be in most of them. */
const clabeDigitsMin = 4;

function textMatcher(text: string, currency: string, names: KindNames): (leg: Leg) => boolean {
  const query = fold(text);
  if (query === '') return () => true;
  const clabe = clabePart(query);
  const words = query.split(' ').map((word) => ({ word, clabe: clabePart(word), amount: amountTest(word, currency) }));
  const folded = new Map<TransferKind, string>();
  const kindName = (kind: TransferKind): string => {
    let name = folded.get(kind);
    if (name === undefined) folded.set(kind, (name = fold(names(kind))));
    return name;
  };
  return (leg) => {
    if (clabe !== undefined && leg.counterparty.includes(clabe)) return true;
    const text = foldedText(leg);
    return words.every(
      (w) =>
        text.includes(w.word) ||
        (w.clabe !== undefined && leg.counterparty.includes(w.clabe)) ||
        w.amount?.(leg.amountMinor) === true ||
        kindName(leg.kind).includes(w.word),
    );
  };
}

/** The digits of a query that may be a part of a CLABE, however it is grouped. */
function clabePart(query: string): string | undefined {
  const digits = query.replace(/[ -]/g, '');
  return /^\d+$/.test(digits) && digits.length >= clabeDigitsMin && digits.length <= 18 ? digits : undefined;
}

/**
 * A word that reads as an amount finds amounts: 50 finds 50.00 to 50.99, 12.5 finds 12.50 to 12.59, and -50 only money
 * that left.
 */
function amountTest(word: string, currency: string): ((amountMinor: bigint) => boolean) | undefined {
  const parts = /^([+\-−]?)\$?(\d{1,3}(?:,\d{3})+|\d+)(\.\d*)?$/.exec(word);
  if (!parts) return undefined;
  const [, sign = '', whole = '', fraction = ''] = parts;
  if (fraction.length - 1 > decimals(currency)) return undefined;
  const digits = whole.replaceAll(',', '').replace(/^0+(?=\d)/, '');
  const wanted = fraction === '' ? `${digits}.` : digits + fraction;
  return (amountMinor) => {
    if ((sign === '-' || sign === '−') && amountMinor >= 0n) return false;
    if (sign === '+' && amountMinor < 0n) return false;
    const amount = plainAmount(amountMinor < 0n ? -amountMinor : amountMinor, currency);
    return (amount.includes('.') ? amount : `${amount}.`).startsWith(wanted);
  };
}

/** Folding costs more than comparing, and movements never change. */
const cache = new WeakMap<Leg, string>();

function foldedText(leg: Leg): string {
  let text = cache.get(leg);
  if (text === undefined) cache.set(leg, (text = fold(`${leg.counterpartyName}\n${leg.memo}`)));
  return text;
}

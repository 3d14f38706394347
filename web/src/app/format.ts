import { language, type Language } from './i18n.ts';

/** A currency of the bank: its symbol in front of an amount, and how many decimals its minor unit stands for. */
interface Currency {
  readonly symbol: string;
  readonly exponent: number;
}

/** The bank's currencies by ISO 4217 code. The peso has the plain `$` in both languages, so the dollar never does. */
const currencies: Readonly<Record<string, Currency>> = {
  MXN: { symbol: '$', exponent: 2 },
  USD: { symbol: 'US$', exponent: 2 },
};

/** U+2212, which stands as high and as wide as a plus; a hyphen does not. */
export const minus = '\u2212';

const amountMinorMax = 2n ** 63n - 1n;

/** An amount in its parts, for whoever draws it digit by digit. */
export interface MoneyParts {
  readonly negative: boolean;
  readonly symbol: string;
  /** Grouped, such as `1,234`. */
  readonly whole: string;
  /** Such as `50`; empty where the currency has no decimals. */
  readonly decimals: string;
}

/** Takes minor units apart exactly: a bigint never becomes a float. */
export function moneyParts(amountMinor: bigint, currency: string): MoneyParts {
  const { symbol, exponent } = currencyOf(currency);
  const negative = amountMinor < 0n;
  const digits = (negative ? -amountMinor : amountMinor).toString().padStart(exponent + 1, '0');
  const split = digits.length - exponent;
  return {
    negative,
    symbol,
    whole: wholeFormat(language.value).format(BigInt(digits.slice(0, split))),
    decimals: digits.slice(split),
  };
}

/** Writes minor units, such as `$1,234.50` or `−$12.00`. */
export function money(amountMinor: bigint, currency: string): string {
  const { negative, symbol, whole, decimals } = moneyParts(amountMinor, currency);
  return `${negative ? minus : ''}${symbol}${whole}${decimals === '' ? '' : `.${decimals}`}`;
}

/** As `money`, with a plus in front of what came in. */
export function signedMoney(amountMinor: bigint, currency: string): string {
  return amountMinor > 0n ? `+${money(amountMinor, currency)}` : money(amountMinor, currency);
}

/**
 * Reads what a person typed or pasted as an amount: digits, at most the currency's decimals after a point, commas only
 * where they group thousands (all of them or none), a leading `$` and spaces around. Undefined for anything else, also for
 * what does not fit the bank's 64 bits. Zero is an amount: whether it may be sent is the caller's question.
 */
export function parseMoney(text: string, currency: string): bigint | undefined {
  const { exponent, symbol } = currencyOf(currency);
  let plain = text.trim();
  for (const prefix of [symbol, '$']) {
    if (plain.startsWith(prefix)) {
      plain = plain.slice(prefix.length).trimStart();
      break;
    }
  }
  if (plain.length > 40 || !/^(\d+|\d{1,3}(,\d{3})+)(\.\d*)?$|^\.\d+$/.test(plain)) {
    return undefined;
  }
  const [whole = '', decimals = ''] = plain.replaceAll(',', '').split('.');
  if (decimals.length > exponent) {
    return undefined;
  }
  const amountMinor = BigInt(`${whole}${decimals.padEnd(exponent, '0')}`);
  return amountMinor <= amountMinorMax ? amountMinor : undefined;
}

/** Writes an amount as a person types it into a field: grouped, with all decimals, without a symbol. */
export function typedMoney(amountMinor: bigint, currency: string): string {
  const { negative, whole, decimals } = moneyParts(amountMinor, currency);
  return `${negative ? '-' : ''}${whole}${decimals === '' ? '' : `.${decimals}`}`;
}

/** The symbol in front of a currency's amounts. */
export function symbolOf(currency: string): string {
  return currencyOf(currency).symbol;
}

/** Writes a whole number with its thousands grouped. */
export function count(n: number | bigint): string {
  return wholeFormat(language.value).format(n);
}

/** Writes the day of a time in microseconds since 1970: "today", "yesterday", else such as `23 de noviembre de 2026`. */
export function day(us: bigint, nowMs: number = Date.now()): string {
  const date = dateOf(us);
  const days = Math.round((startOfDay(new Date(nowMs)) - startOfDay(date)) / 86_400_000);
  if (days === 0 || days === 1) {
    return relativeFormat(language.value, 'auto').format(-days, 'day');
  }
  const sameYear = date.getFullYear() === new Date(nowMs).getFullYear();
  return dateFormat(language.value, sameYear ? 'day' : 'dayYear').format(date);
}

/** Writes the hour and minute of a time in microseconds since 1970. */
export function time(us: bigint): string {
  return dateFormat(language.value, 'time').format(dateOf(us));
}

/** Writes a time in microseconds since 1970 in full, with seconds and time zone: for receipts. */
export function dateTime(us: bigint): string {
  return dateFormat(language.value, 'full').format(dateOf(us));
}

/** Writes how long ago or ahead something is, from milliseconds: negative is past, such as `hace 3 minutos`. */
export function relative(ms: number): string {
  const format = relativeFormat(language.value, 'always');
  for (const [unit, size] of relativeUnits) {
    if (Math.abs(ms) >= size) {
      return format.format(Math.trunc(ms / size), unit);
    }
  }
  return format.format(Math.trunc(ms / 1000), 'second');
}

/** Writes a length of time in its largest unit, such as `12 s` or `3 min`; number and unit stay on one line. */
export function duration(ms: number): string {
  const [unit, size] = durationUnits.find(([, least]) => ms >= least) ?? (['second', 1000] as const);
  const key = `${language.value} ${unit}`;
  let format = unitFormats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(language.value, { style: 'unit', unit, unitDisplay: 'short' });
    unitFormats.set(key, format);
  }
  return format.format(Math.max(0, Math.trunc(ms / size))).replace(' ', '\u00a0');
}

const relativeUnits: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

const durationUnits = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

const unitFormats = new Map<string, Intl.NumberFormat>();

function currencyOf(code: string): Currency {
  // A currency that this version does not know is shown by its code, and its amounts in minor units: never wrong by 100.
  return currencies[code] ?? { symbol: `${code}\u00a0`, exponent: 0 };
}

function dateOf(us: bigint): Date {
  return new Date(Number(us / 1000n));
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

const dateStyles = {
  day: { day: 'numeric', month: 'long' },
  dayYear: { day: 'numeric', month: 'long', year: 'numeric' },
  time: { hour: 'numeric', minute: '2-digit' },
  full: {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

// Making a formatter costs a hundred times as much as using it.
const wholeFormats = new Map<Language, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();
const relativeFormats = new Map<string, Intl.RelativeTimeFormat>();

function wholeFormat(locale: Language): Intl.NumberFormat {
  let format = wholeFormats.get(locale);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, useGrouping: 'always' });
    wholeFormats.set(locale, format);
  }
  return format;
}

function dateFormat(locale: Language, style: keyof typeof dateStyles): Intl.DateTimeFormat {
  const key = `${locale} ${style}`;
  let format = dateFormats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale, dateStyles[style]);
    dateFormats.set(key, format);
  }
  return format;
}

function relativeFormat(locale: Language, numeric: 'auto' | 'always'): Intl.RelativeTimeFormat {
  const key = `${locale} ${numeric}`;
  let format = relativeFormats.get(key);
  if (format === undefined) {
    format = new Intl.RelativeTimeFormat(locale, { numeric });
    relativeFormats.set(key, format);
  }
  return format;
}

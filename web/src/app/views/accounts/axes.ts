import { moneyParts, symbolOf } from '../../format.ts';
import type { Language } from '../../i18n.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Labels of a time axis, from times and their distance in milliseconds: hours within a day, days beyond. */
export function timeLabels(timesMs: readonly number[], stepMs: number, language: Language): string[] {
  const days = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
  if (stepMs >= dayMs) return timesMs.map((ms) => days.format(ms));
  const hours = new Intl.DateTimeFormat(language, {
    hour: 'numeric',
    minute: '2-digit',
    ...(stepMs < minuteMs && { second: '2-digit' }),
  });
  // A day begins with its name.
  return timesMs.map((ms) => (startsDay(ms) ? days.format(ms) : hours.format(ms)));
}

function startsDay(ms: number): boolean {
  const at = new Date(ms);
  return at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0;
}

/** A moment of the line, to the second, in few letters; in microseconds. */
export function pointTime(us: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(us / 1000);
}

/** Labels of a money axis, from amounts and their distance in major units: as short as tells them apart. */
export function moneyLabels(amounts: readonly number[], step: number, currency: string, language: Language): string[] {
  const largest = Math.max(...amounts.map(Math.abs), 1);
  const decimals = step < 1 ? moneyParts(0n, currency).decimals.length : 0;
  const compact = largest >= 10_000 && step >= 100;
  const format = new Intl.NumberFormat(
    language,
    compact
      ? { notation: 'compact', maximumSignificantDigits: Math.max(2, Math.ceil(Math.log10(largest / step)) + 1) }
      : { minimumFractionDigits: decimals, maximumFractionDigits: decimals },
  );
  return amounts.map((amount) => `${amount < 0 ? '\u2212' : ''}${symbolOf(currency)}${format.format(Math.abs(amount))}`);
}

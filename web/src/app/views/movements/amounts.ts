import { moneyParts } from '../../format.ts';

/** Decimals of a currency's amounts: 2 for MXN. */
export function decimals(currency: string): number {
  return moneyParts(0n, currency).decimals.length;
}

/** An amount as a program reads it: `-1234.50`, exact, without grouping or symbol. */
export function plainAmount(amountMinor: bigint, currency: string): string {
  const { negative, whole, decimals } = moneyParts(amountMinor, currency);
  return `${negative ? '-' : ''}${whole.replace(/\D/g, '')}${decimals === '' ? '' : `.${decimals}`}`;
}

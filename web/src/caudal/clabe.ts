/** Length of a CLABE: bank 3, branch (plaza) 3, account 11, check digit 1. */
export const clabeDigits = 18;

const weights = [3, 7, 1];

/** Why a text is no CLABE: a character that is no digit, too few or too many digits, a wrong check digit. */
export type ClabeProblem = "not_digits" | "too_short" | "too_long" | "check_digit";

/** The parts of a CLABE, each with its leading zeros. */
export interface Clabe {
  /** All 18 digits: what goes over the wire. */
  readonly digits: string;
  readonly bank: string;
  readonly branch: string;
  readonly account: string;
  readonly check: string;
}

/**
 * The digit that completes 17 others: weights 3, 7, 1 repeated, each product modulo 10, and what is missing from their
 * sum to the next ten. It finds every single wrong digit, and neighbours that were swapped unless they differ by 5.
 */
export function checkDigit(first17: string): number {
  if (!/^\d{17}$/.test(first17)) throw new RangeError("a check digit completes 17 digits");
  const sum = [...first17].reduce((sum, digit, i) => sum + ((Number(digit) * (weights[i % 3] ?? 0)) % 10), 0);
  return (10 - (sum % 10)) % 10;
}

/** Drops the spaces and dashes by which people group the digits. */
export function cleanClabe(text: string): string {
  return text.replace(/[\s-]/g, "");
}

/** What keeps a text, as people type it, from being a CLABE; `undefined` where it is one. */
export function clabeProblem(text: string): ClabeProblem | undefined {
  const digits = cleanClabe(text);
  if (!/^\d*$/.test(digits)) return "not_digits";
  if (digits.length < clabeDigits) return "too_short";
  if (digits.length > clabeDigits) return "too_long";
  return checkDigit(digits.slice(0, -1)) === Number(digits.slice(-1)) ? undefined : "check_digit";
}

/** Reads a CLABE as people type it; `undefined` where it is none, for the reason that `clabeProblem` gives. */
export function parseClabe(text: string): Clabe | undefined {
  if (clabeProblem(text) !== undefined) return undefined;
  const digits = cleanClabe(text);
  return {
    digits,
    bank: digits.slice(0, 3),
    branch: digits.slice(3, 6),
    account: digits.slice(6, 17),
    check: digits.slice(17),
  };
}

/** The digits grouped for people: "032 180 00011835971 9". A text that is no CLABE is returned as it is. */
export function formatClabe(text: string): string {
  const clabe = parseClabe(text);
  return clabe === undefined ? text : `${clabe.bank} ${clabe.branch} ${clabe.account} ${clabe.check}`;
}

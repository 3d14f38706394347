import { clabeDigits, clabeProblem } from '../../../caudal/clabe.ts';
import { caretAfter, groupClabe } from '../../ui/clabe-text.ts';
import { bankName } from './banks.ts';

/** What stands in the payee field, as far as it can be judged without asking the bank. */
export type Payee =
  | { readonly kind: 'empty' }
  /** The beginning of a CLABE, with nothing wrong yet; `bank` names whose, where three digits tell it. */
  | { readonly kind: 'typing'; readonly digits: string; readonly bank: string | undefined }
  | { readonly kind: 'clabe'; readonly clabe: string }
  /** A CLABE of the holder's own. */
  | { readonly kind: 'own'; readonly clabe: string }
  /** Without the @, in lower case. */
  | { readonly kind: 'username'; readonly username: string }
  | { readonly kind: 'wrong'; readonly why: 'too_long' | 'check_digit' | 'username' }
  /** An account elsewhere: correct, but nothing of this bank; `bank` is its name where it is a known one. */
  | { readonly kind: 'elsewhere'; readonly clabe: string; readonly bank: string | undefined };

/** 3 to 30 of small letters, digits and the underscore, as the bank has them. */
const usernames = /^[a-z0-9_]{3,30}$/;
/** What may stand between the digits of a CLABE that somebody copied: spaces, points, dashes, and what nobody sees. */
const separators = /[\s.\p{Pd}\p{Cf}]/gu;

/**
 * Reads what a person typed or pasted: 18 digits, spaced or not, are a CLABE; anything with a letter or an @ is a username.
 * `own` are the holder's CLABEs; they also tell which bank this is.
 */
export function readPayee(text: string, own: readonly string[]): Payee {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'empty' };
  const digits = trimmed.replace(separators, '');
  if (!/^[0-9]+$/.test(digits)) return readUsername(trimmed);
  if (digits.length > clabeDigits) return { kind: 'wrong', why: 'too_long' };
  const here = own[0]?.slice(0, 3);
  const bank = here === digits.slice(0, 3) ? undefined : bankName(digits);
  if (digits.length < clabeDigits) return { kind: 'typing', digits, bank };
  if (clabeProblem(digits) !== undefined) return { kind: 'wrong', why: 'check_digit' };
  if (own.includes(digits)) return { kind: 'own', clabe: digits };
  if (here !== undefined && !digits.startsWith(here)) return { kind: 'elsewhere', clabe: digits, bank };
  return { kind: 'clabe', clabe: digits };
}

function readUsername(text: string): Payee {
  const username = text.replace(/^@/, '').toLowerCase();
  return usernames.test(username) ? { kind: 'username', username } : { kind: 'wrong', why: 'username' };
}

/**
 * The field's text with a CLABE in it grouped, and where the caret belongs then: behind the same digit as before. A
 * username is left alone.
 */
export function regroup(text: string, caret: number): { text: string; caret: number } {
  if (!/^[0-9\s.\p{Pd}\p{Cf}]+$/u.test(text)) return { text, caret };
  const grouped = groupClabe(text.replace(separators, ''));
  return { text: grouped, caret: caretAfter(text.slice(0, caret).replace(separators, '').length, grouped) };
}

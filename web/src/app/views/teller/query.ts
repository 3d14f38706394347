import { clabeProblem, cleanClabe } from '../../../caudal/clabe.ts';

/** Bounds of a look-up in characters, as the bank has them. */
export const charactersMin = 2;
export const charactersMax = 80;

/** What a teller has typed into the search, as far as it can be told. */
export type Query =
  | { kind: 'empty' }
  | { kind: 'short' } // no word has two characters yet
  | { kind: 'long' }
  | { kind: 'digits'; digits: number } // the beginning of a CLABE, or a name that begins with digits
  | { kind: 'bad_clabe' } // 18 digits whose check digit is wrong
  | { kind: 'clabe'; text: string }
  | { kind: 'words'; text: string };

/** readQuery tells what was typed. */
export function readQuery(typed: string): Query {
  const text = typed.normalize('NFC').trim().replace(/\s+/gu, ' ');
  if (text === '') {
    return { kind: 'empty' };
  }
  const digits = cleanClabe(text);
  if (/^\d+$/u.test(digits)) {
    return ofDigits(digits);
  }
  const words = text.replace(/^@/u, '');
  if ([...words].length > charactersMax) {
    return { kind: 'long' };
  }
  const enough = words.split(/[^\p{L}\p{N}\p{M}_]+/u).some((word) => [...word].length >= charactersMin);
  return enough ? { kind: 'words', text: words } : { kind: 'short' };
}

function ofDigits(digits: string): Query {
  switch (clabeProblem(digits)) {
    case undefined:
      return { kind: 'clabe', text: digits };
    case 'too_long':
      return { kind: 'long' };
    case 'check_digit':
      return { kind: 'bad_clabe' };
    default:
      return { kind: 'digits', digits: digits.length };
  }
}

/** Where the groups of a CLABE end: bank, city, account, check digit. */
const groupEnds = [3, 6, 17];

/** Digits in a CLABE. */
export const clabeDigits = 18;

/** Writes a CLABE in its groups, also one that is being typed: `032 180 00011835971 9`. */
export function groupClabe(digits: string): string {
  let grouped = '';
  for (let i = 0; i < digits.length; i++) {
    grouped += (groupEnds.includes(i) ? ' ' : '') + digits[i];
  }
  return grouped;
}

/** Keeps the digits of what was typed or pasted, at most a CLABE's. */
export function clabeOf(text: string): string {
  return text.replace(/\D/g, '').slice(0, clabeDigits);
}

/** Where the caret belongs in the grouped text so that as many digits stand before it as did before. */
export function caretAfter(digitsBefore: number, grouped: string): number {
  let seen = 0;
  for (let i = 0; i < grouped.length; i++) {
    if (seen === digitsBefore) {
      return i;
    }
    seen += grouped[i] === ' ' ? 0 : 1;
  }
  return grouped.length;
}

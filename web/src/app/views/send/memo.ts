/** The most characters of a memo, after normalisation; the bank counts the same way. */
export const memoMax = 140;

/** Controls, line breaks, invisible and direction-turning characters: the bank refuses a memo that has one. */
const refused = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Bidi_Control}\u200B\u2060-\u206F\uFEFF\uFFFC\uFFFD]/u;

/** A memo as the bank will keep it, how many characters that is, and whether one of them cannot be sent. */
export interface Memo {
  readonly text: string;
  readonly length: number;
  readonly unsendable: boolean;
}

/** Brings a memo into the form that the bank keeps: normal form C, plain spaces, none at the ends. */
export function readMemo(typed: string): Memo {
  const text = typed.normalize('NFC').replace(/\p{Zs}/gu, ' ').replace(/^ +| +$/g, '');
  return { text, length: [...text].length, unsendable: refused.test(text) };
}

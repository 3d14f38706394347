/** What is an amount, or may become one, with commas wherever a caret may have left them. */
const typing = /^\$?\s*[\d,]*(\.\d*)?$/;

/**
 * An amount as it is being typed with its thousands grouped, and where the caret belongs then: behind the same digit as
 * before. What no amount begins with is left alone, for the person to see.
 */
export function regroupAmount(text: string, caret: number): { text: string; caret: number } {
  const trimmed = text.trimStart();
  if (!typing.test(trimmed.trimEnd())) return { text, caret };
  const plain = text.replace(/[^\d.]/g, '');
  const [whole = '', ...decimals] = plain.split('.');
  const grouped = [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...decimals].join('.');
  let left = text.slice(0, caret).replace(/[^\d.]/g, '').length;
  let at = 0;
  for (; left > 0 && at < grouped.length; at++) if (grouped[at] !== ',') left--;
  return { text: grouped, caret: at };
}

/** What is an amount, or may become one, with commas wherever a digit that came or went has left them. */
const typing = /^\$?\s*[\d,]*(\.\d*)?$/;

/** What has its commas where thousands end, or has none. */
const grouped = /^\$?\s*(\d*|\d{1,3}(,\d{3})+)(\.\d*)?$/;

/**
 * An amount as it is being typed with its thousands grouped, and where the caret belongs then: behind the same digit as
 * before. `before` is the text that it was edited from. What no amount begins with is left alone, for the person to see, and
 * so is a comma of theirs that groups nothing: whoever writes 12,50 has not said 1,250.
 */
export function regroupAmount(text: string, caret: number, before: string): { text: string; caret: number } {
  const trimmed = text.trim();
  if (!typing.test(trimmed) || !(grouped.test(trimmed) || isDigitsEdit(text, before))) return { text, caret };
  const plain = text.replace(/[^\d.]/g, '');
  const [whole = '', ...decimals] = plain.split('.');
  const regrouped = [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...decimals].join('.');
  let left = text.slice(0, caret).replace(/[^\d.]/g, '').length;
  let at = 0;
  for (; left > 0 && at < regrouped.length; at++) if (regrouped[at] !== ',') left--;
  return { text: regrouped, caret: at };
}

/** Whether digits or the point came into a text that was grouped well, at one place, or a part of it went, but not both. */
function isDigitsEdit(text: string, before: string): boolean {
  if (!grouped.test(before.trim())) return false;
  const shorter = Math.min(text.length, before.length);
  let head = 0;
  while (head < shorter && text[head] === before[head]) head++;
  let tail = 0;
  while (tail < shorter - head && text.at(-1 - tail) === before.at(-1 - tail)) tail++;
  const came = text.slice(head, text.length - tail);
  return came === '' || (/^[\d.]+$/.test(came) && head + tail === before.length);
}

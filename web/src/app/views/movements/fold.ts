/** Text as a search compares it: lower case, without accents, width variants made one (NFKD), inner spaces single. */
export function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase().replace(/\s+/gu, ' ').trim();
}

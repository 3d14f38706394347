/** Bounds of a username, in characters. */
const usernameMin = 3;
const usernameMax = 30;
/** Most characters of a holder's name, normalised (NFC) as the bank counts them. */
const ownerMax = 80;
/** Bounds of a password in characters, normalised (NFC) as the bank counts them. */
export const passwordMin = 12;
export const passwordMax = 256;

/** A username as it is meant: without the @ that one says, and in the small letters that there are. */
export function cleanUsername(text: string): string {
  return text.trim().replace(/^@/, '').toLowerCase();
}

/** Whether the bank will take a username for a new user. */
export function isUsername(username: string): boolean {
  return new RegExp(`^[a-z0-9_]{${usernameMin},${usernameMax}}$`).test(username);
}

/** What is wrong with a holder's name, before the bank says it. */
export function ownerFault(owner: string): 'missing' | 'long' | 'letter' | undefined {
  const name = owner.normalize('NFC').trim().replace(/\s+/gu, ' ');
  if (name === '') {
    return 'missing';
  }
  if (characters(name) > ownerMax) {
    return 'long';
  }
  return /\p{L}/u.test(name) ? undefined : 'letter';
}

/** Characters as the bank counts them: code points after normalisation. */
export function characters(text: string): number {
  return [...text.normalize('NFC')].length;
}

/** Whether the first group of a fingerprint is what was typed; case and spaces do not count. */
export function isFirstGroup(typed: string, fingerprint: string): boolean {
  return typed.trim().toUpperCase() === fingerprint.split('-')[0];
}

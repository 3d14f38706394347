/** Reads a setting that this browser remembers. Where storage is refused, nothing is remembered and nothing breaks. */
export function remembered(key: string): string | undefined {
  try {
    return globalThis.localStorage?.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a setting in this browser, if it may. Never anything secret: scripts of this origin can read it. */
export function remember(key: string, value: string): void {
  try {
    globalThis.localStorage?.setItem(key, value);
  } catch {
    // Storage is full or refused: the setting holds until the page is closed.
  }
}

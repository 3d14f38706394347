/** After a loss the next attempt comes after a random time below min(most, base * 2^attempt): full jitter. PROTOCOL.md, 8. */
const reconnectBaseMs = 500;
const reconnectMaxMs = 20_000;
/** Bounds of what a drain notice may ask for. */
const comeBackMinMs = 500;
const comeBackMaxMs = 5 * 60_000;
/** What the bank could not decide is sent again likewise. */
const repeatBaseMs = 200;
const repeatMaxMs = 20_000;
/** Bounds what the bank can ask to wait before that. */
const repeatAfterMaxMs = 60_000;

/** How long a connection must have lasted for its loss to count as the first: who accepts and then fails is not hammered. */
export const stableAfterMs = 10_000;

function jitter(baseMs: number, mostMs: number, attempt: number, random: () => number): number {
  return random() * Math.min(mostMs, baseMs * 2 ** Math.min(attempt, 30));
}

/** Milliseconds until the next dial; `attempt` is 0 after the first loss. */
export function reconnectDelay(attempt: number, random: () => number): number {
  return jitter(reconnectBaseMs, reconnectMaxMs, attempt, random);
}

/** Milliseconds until the dial after a drain notice. */
export function comeBackDelay(withinMs: number, random: () => number): number {
  return random() * Math.min(Math.max(withinMs, comeBackMinMs), comeBackMaxMs);
}

/** Milliseconds until a command is sent again that the bank could not answer, at least as long as it asked for. */
export function repeatDelay(attempt: number, afterMs: number, random: () => number): number {
  return Math.min(afterMs, repeatAfterMaxMs) + jitter(repeatBaseMs, repeatMaxMs, attempt, random);
}

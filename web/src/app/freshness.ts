/**
 * How old the figures on the screen are. `live` only while subscribed and heard from; `reconnecting` and `stale` count
 * from when the bank was last heard; `never` before it was heard at all.
 */
export type Freshness =
  | { readonly kind: 'live' }
  | { readonly kind: 'reconnecting'; readonly ageMs: number }
  | { readonly kind: 'stale'; readonly ageMs: number }
  | { readonly kind: 'never' };

/** What decides how fresh the figures are. Times are of `Date.now()`, 0 for never. */
export interface Hearing {
  readonly linkLive: boolean;
  readonly subscribed: boolean;
  readonly lastHeardMs: number;
  /** The bank speaks at least this often. */
  readonly heartbeatMs: number;
}

/** Silence for this many heartbeats means a dead connection (PROTOCOL.md). */
const heartbeatsMissed = 2.5;

/** A gap up to this long is a reconnection; beyond it the figures are called stale. */
export const reconnectingMs = 10_000;

/** Judges the figures. A clock that was set back makes an age of nothing, never a negative one. */
export function judge(hearing: Hearing, nowMs: number): Freshness {
  if (hearing.lastHeardMs === 0) {
    return { kind: 'never' };
  }
  const ageMs = Math.max(0, nowMs - hearing.lastHeardMs);
  if (hearing.linkLive && hearing.subscribed && ageMs <= hearing.heartbeatMs * heartbeatsMissed) {
    return { kind: 'live' };
  }
  return { kind: ageMs < reconnectingMs ? 'reconnecting' : 'stale', ageMs };
}

/** Milliseconds until the judgement may change by the mere passing of time. */
export function recheckMs(hearing: Hearing, nowMs: number): number | undefined {
  const freshness = judge(hearing, nowMs);
  switch (freshness.kind) {
    case 'live':
      return hearing.lastHeardMs + hearing.heartbeatMs * heartbeatsMissed - nowMs + 1;
    case 'never':
      return undefined;
    default:
      return 1000 - (freshness.ageMs % 1000);
  }
}

import type { HistoryResult, Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import type { History } from './export.ts';

/** A movement, and the one before it in the account's chain: absent for the first. */
export interface Found {
  readonly leg: Leg;
  readonly before: Leg | undefined;
}

/** Questions to the bank at most: halving a century of microseconds takes 52, a batch of 4096 within one of them 82. */
const probesMax = 140;

/**
 * Finds a movement by its number. History has no way in by number but by date, and both rise together, so it searches the
 * time between the account's opening and now: two or three questions where movements are spread evenly, some 50 at worst.
 * Undefined where the account has no such movement. Throws what history throws.
 */
export async function findLeg(
  history: History,
  account: { clabe: string; openedAtUs: bigint },
  seq: bigint,
  nowUs: bigint,
): Promise<Found | undefined> {
  if (seq < 1n) return undefined;
  const ask = (untilUs?: bigint, cursor?: string): Promise<HistoryResult> =>
    history({ account: account.clabe, ...(untilUs !== undefined && { untilUs }), ...(cursor !== undefined && { cursor }) });
  let page = await ask();
  const newest = page.legs[0];
  if (!newest || newest.seq < seq) return undefined;
  // The sought one is not before low.us, and before high.us; low.seq is older, high.seq is not.
  let low = { us: min(account.openedAtUs, newest.atUs), seq: 0n };
  let high = { us: max(nowUs, newest.atUs) + 1n, seq: newest.seq };
  let asked = high.us;
  for (let probe = 0; probe < probesMax; probe++) {
    const first = page.legs[0];
    const last = page.legs.at(-1);
    if (first && last && last.seq <= seq && seq <= first.seq) return complete(ask, page, seq);
    if (last && last.seq > seq) {
      high = { us: last.atUs + 1n, seq: last.seq };
      // The next page is likely to have it, or the only way: movements of one microsecond cannot be told apart by date.
      if (page.next !== '' && (last.seq - seq <= BigInt(page.legs.length) || high.us - low.us <= 1n)) {
        page = await ask(undefined, page.next);
        continue;
      }
    } else {
      low = { us: asked, seq: first?.seq ?? low.seq };
    }
    asked = between(low, high, seq, probe);
    page = await ask(asked);
  }
  return undefined;
}

/** The sought leg of a page, with the one before, which may begin the next page. */
async function complete(
  ask: (untilUs?: bigint, cursor?: string) => Promise<HistoryResult>,
  page: HistoryResult,
  seq: bigint,
): Promise<Found | undefined> {
  const leg = page.legs.find((l) => l.seq === seq);
  if (!leg) return undefined;
  let before = page.legs.find((l) => l.seq === seq - 1n);
  if (!before && page.next !== '') before = (await ask(undefined, page.next)).legs.find((l) => l.seq === seq - 1n);
  return { leg, before };
}

/** How far after the sought movement to aim: the middle of a page. */
const aim = 25n;

/** Guesses in proportion to the numbers; after these, halving bounds the questions. */
const guesses = 6;

/** Where to ask next. */
function between(low: { us: bigint; seq: bigint }, high: { us: bigint; seq: bigint }, seq: bigint, probe: number): bigint {
  const width = high.us - low.us;
  if (width <= 1n) return high.us;
  const span = high.seq - low.seq;
  const step = probe < guesses && span > 0n ? (width * (seq + aim - low.seq)) / span : width / 2n;
  return low.us + max(1n, min(step, width - 1n));
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

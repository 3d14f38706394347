import { ProtocolError } from "./errors.ts";
import type { Clock } from "./runtime.ts";

/** What a bank's clock may say: the years 1990 to 9999, in microseconds. */
const earliestUs = 631152000_000000n;
const latestUs = 253402300799_000000n;
/** How far a heartbeat, whose way takes an unknown time, must be off to be believed more than the middle of a round trip. */
const heartbeatDriftMs = 2000;

/**
 * The bank's clock as seen from here. Idempotency keys are dated by it, so that a machine whose own clock is wrong, or is
 * set meanwhile, can pay: moments here are `Clock.elapsed()`. Both methods that hear return whether the estimate has moved;
 * they throw `ProtocolError` for an impossible time.
 */
export class BankClock {
  #offsetMs: number | undefined;

  constructor(private readonly clock: Clock) {}

  /** Milliseconds since 1970; this machine's, where the bank has not said it yet. */
  nowMs(): number {
    return this.#offsetMs === undefined ? this.clock.now() : this.clock.elapsed() + this.#offsetMs;
  }

  /** What the bank said between two moments here. */
  roundTrip(bankUs: bigint, askedMs: number, answeredMs: number): boolean {
    return this.#move(bankMs(bankUs) - (askedMs + answeredMs) / 2);
  }

  /** What the bank said a moment before now. */
  heard(bankUs: bigint): boolean {
    const offset = bankMs(bankUs) - this.clock.elapsed();
    if (this.#offsetMs !== undefined && Math.abs(offset - this.#offsetMs) <= heartbeatDriftMs) return false;
    return this.#move(offset);
  }

  #move(offsetMs: number): boolean {
    const moved = offsetMs !== this.#offsetMs;
    this.#offsetMs = offsetMs;
    return moved;
  }
}

function bankMs(us: bigint): number {
  if (us < earliestUs || us > latestUs) throw new ProtocolError(`the bank's clock shows ${us}`);
  return Number(us) / 1000;
}

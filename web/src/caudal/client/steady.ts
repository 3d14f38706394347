/** How far the machine's clock must be ahead of the time that the page ran to mean that the machine slept. */
const sleptMinMs = 1_000;

/**
 * Time that only goes on. The machine's clock (`wall`) may be set back or forward; the time that the page ran (`ran`) is
 * never set, but may stand still while the machine sleeps. What is measured here has the sleep, and no step back. A clock
 * that is set forward cannot be told from a sleep, and counts as one.
 */
export class Steady {
  #wallMs: number;
  #ranMs: number;
  #sumMs = 0;

  constructor(
    private readonly wall: () => number,
    private readonly ran: () => number,
  ) {
    this.#wallMs = wall();
    this.#ranMs = ran();
  }

  /** Milliseconds since it was made. */
  elapsed(): number {
    const [wallMs, ranMs] = [this.wall(), this.ran()];
    const sinceMs = Math.max(0, ranMs - this.#ranMs);
    const sleptMs = wallMs - this.#wallMs - sinceMs;
    this.#sumMs += sinceMs + (sleptMs > sleptMinMs ? sleptMs : 0);
    this.#wallMs = wallMs;
    this.#ranMs = ranMs;
    return this.#sumMs;
  }
}

/** More movements than this within floodMs are a flood: rows that rush by are read by nobody, and cost every frame. */
export const floodMax = 20;

/** The window in which arrivals are counted, and how long it must be calm again. */
export const floodMs = 1000;

/** What tells the time and waits. */
export interface FloodClock {
  nowMs(): number;
  /** Calls f once after ms; returns what calls it off. */
  later(f: () => void, ms: number): () => void;
}

/** Watches how fast movements arrive: tells when they begin to flood, and when it has been calm for floodMs. */
export class Flood {
  #since = 0;
  #arrived = 0;
  #stop: (() => void) | undefined;

  constructor(
    private readonly clock: FloodClock,
    private readonly on: { flooded(): void; calm(): void },
  ) {}

  /** Takes the number of movements of one frame. */
  arrived(movements: number): void {
    const now = this.clock.nowMs();
    if (now - this.#since > floodMs) {
      this.#since = now;
      this.#arrived = 0;
    }
    this.#arrived += movements;
    if (this.#arrived <= floodMax && this.#stop === undefined) return;
    if (this.#stop === undefined) this.on.flooded();
    this.#stop?.();
    this.#stop = this.clock.later(() => {
      this.#stop = undefined;
      this.on.calm();
    }, floodMs);
  }

  /** Tells nothing more. */
  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}

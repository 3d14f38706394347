import { signal, type ReadonlySignal } from '@preact/signals';

/** Code that is here, or how many attempts in a row have failed to fetch it. */
export interface ChunkState<T> {
  readonly code?: T;
  readonly failures: number;
}

const retryFirstMs = 1000;
const retryMaxMs = 30_000;

/** How long to wait before the next attempt, after this many have failed. */
export function retryInMs(failures: number): number {
  return Math.min(retryFirstMs * 2 ** (failures - 1), retryMaxMs);
}

/** Code in a file of its own, that is fetched once it is asked for, and again where that failed. */
export class Chunk<T> {
  readonly #state = signal<ChunkState<T>>({ failures: 0 });
  #busy = false;

  constructor(private readonly load: () => Promise<T>) {}

  get state(): ReadonlySignal<ChunkState<T>> {
    return this.#state;
  }

  /** Fetches the code unless it is here or on its way. Never rejects: see `state`. */
  async fetch(): Promise<void> {
    const { code, failures } = this.#state.peek();
    if (this.#busy || code !== undefined) {
      return;
    }
    this.#busy = true;
    try {
      this.#state.value = { code: await this.load(), failures: 0 };
    } catch {
      this.#state.value = { failures: failures + 1 };
    } finally {
      this.#busy = false;
    }
  }
}

import { effect, signal, type ReadonlySignal } from '@preact/signals';

/** Longer than a payment takes from the one screen to the other. */
export const restMs = 300;

/** Calls `f` once after `ms`; returns what calls it off. */
type Later = (f: () => void, ms: number) => () => void;

/**
 * What the two have together, as it may be shown. The two connections tell of a payment one after the other: between them the
 * sum of both balances is one that never was, so another sum is believed only once it has stood for a while.
 */
export class Together {
  readonly #shown = signal<bigint | undefined>(undefined);
  readonly #stop: () => void;

  /** `sum` is undefined while one of the balances is unknown or may be old. */
  constructor(sum: ReadonlySignal<bigint | undefined>, later: Later) {
    this.#stop = effect(() => {
      const now = sum.value;
      const shown = this.#shown.peek();
      if (now === undefined || now === shown) {
        return undefined;
      }
      if (shown === undefined) {
        this.#shown.value = now;
        return undefined;
      }
      return later(() => {
        this.#shown.value = now;
      }, restMs);
    });
  }

  /** In minor units; undefined until both balances were known. */
  get shown(): ReadonlySignal<bigint | undefined> {
    return this.#shown;
  }

  stop(): void {
    this.#stop();
  }
}

import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import type { History } from './export.ts';

/** Movements, newest first and without gaps, that more pages can be asked of. `Movements` of the bank is one. */
export interface Source {
  readonly legs: ReadonlySignal<readonly Leg[]>;
  /** The last of them is the oldest there is. */
  readonly complete: ReadonlySignal<boolean>;
  readonly loading: ReadonlySignal<boolean>;
  /** Why the last page did not come. */
  readonly error: ReadonlySignal<unknown>;
  /** How often it has begun anew because what it had was wrong; absent where it never does. */
  readonly resets?: ReadonlySignal<number>;
  /** Reads the next page. Never rejects: see error. */
  more(): Promise<void>;
}

/** The movements of a source that are not before a time, live ones included. Reads no further than that. */
export function since(source: Source, sinceUs: bigint): Source {
  return {
    legs: computed(() => {
      const legs = source.legs.value;
      const end = countSince(legs, sinceUs);
      return end === legs.length ? legs : legs.slice(0, end);
    }),
    complete: computed(() => source.complete.value || (source.legs.value.at(-1)?.atUs ?? sinceUs) < sinceUs),
    loading: source.loading,
    error: source.error,
    ...(source.resets && { resets: source.resets }),
    more: () => source.more(),
  };
}

/** How many of the movements, newest first, are not before a time: found by halving, as it is asked at every arrival. */
function countSince(legs: readonly Leg[], sinceUs: bigint): number {
  let low = 0;
  let high = legs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((legs[middle]?.atUs ?? 0n) >= sinceUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The movements of an account in a time that is over: nothing is ever added to them. */
export class PastPages implements Source {
  readonly #legs;
  readonly #complete = signal(false);
  readonly #loading = signal(false);
  readonly #error = signal<unknown>(undefined);
  #cursor = '';
  #asking: Promise<void> | undefined;

  /** Times in microseconds: since included, until not. Those that are known already, newest first, are not added again. */
  constructor(
    private readonly history: History,
    private readonly account: string,
    private readonly sinceUs: bigint | undefined,
    private readonly untilUs: bigint,
    known: readonly Leg[] = [],
  ) {
    this.#legs = signal(known);
  }

  get legs(): ReadonlySignal<readonly Leg[]> {
    return this.#legs;
  }

  get complete(): ReadonlySignal<boolean> {
    return this.#complete;
  }

  get loading(): ReadonlySignal<boolean> {
    return this.#loading;
  }

  get error(): ReadonlySignal<unknown> {
    return this.#error;
  }

  more(): Promise<void> {
    if (this.#complete.peek()) return Promise.resolve();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    this.#loading.value = true;
    try {
      const page = await this.history({
        account: this.account,
        untilUs: this.untilUs,
        ...(this.sinceUs !== undefined && { sinceUs: this.sinceUs }),
        ...(this.#cursor !== '' && { cursor: this.#cursor }),
      });
      this.#cursor = page.next;
      const known = this.#legs.peek();
      const oldest = known.at(-1)?.seq;
      this.#legs.value = [...known, ...page.legs.filter((leg) => oldest === undefined || leg.seq < oldest)];
      this.#complete.value = page.next === '';
      this.#error.value = undefined;
    } catch (error) {
      this.#error.value = error;
    } finally {
      this.#loading.value = false;
    }
  }
}

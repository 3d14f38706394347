import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import type { History } from './export.ts';
import { PastPages, type Source } from './sources.ts';

/** What is shown of a source that stands still. */
interface Kept {
  readonly legs: readonly Leg[];
  readonly complete: boolean;
  /** `Source.resets` of then: what was seen before the next one is none of the account's any more. */
  readonly resets: number;
}

/** Where older movements are asked for that the source itself has let go of. */
interface PastWorld {
  readonly account: string;
  readonly history: History;
  /** The source begins there, microseconds; undefined where it has no beginning of its own. */
  readonly sinceUs: bigint | undefined;
}

/**
 * A source that can stand still: it then shows what it showed, however fast movements come, and grows only downwards, by the
 * pages that are asked for. An arrival costs it nothing, so that a list of it is not drawn again. The bank's own list lets
 * go of its oldest in a flood; one that stands still keeps them.
 */
export class Still implements Source {
  /** Replaced by what has grown downwards, without telling: who reads it is told by `#view`. */
  #kept: Kept | undefined;
  readonly #holds = signal(0);
  readonly #pages = signal<PastPages | undefined>(undefined);
  readonly #view = computed(() => this.#stands());
  readonly #from = computed<Source>(() => (this.#view.value && this.#pages.value) || this.live);

  readonly legs: ReadonlySignal<readonly Leg[]> = computed(() => this.#view.value?.legs ?? this.live.legs.value);
  readonly complete: ReadonlySignal<boolean> = computed(() => this.#view.value?.complete ?? this.live.complete.value);
  readonly loading: ReadonlySignal<boolean> = computed(() => this.#from.value.loading.value);
  readonly error: ReadonlySignal<unknown> = computed(() => this.#from.value.error.value);
  /** The number of the newest movement that is shown; undefined while new ones are shown as they come. */
  readonly top: ReadonlySignal<bigint | undefined> = computed(() => this.#view.value?.legs[0]?.seq);

  constructor(
    readonly live: Source,
    private readonly past: PastWorld,
  ) {}

  /** Stands still from now on, unless it does or nothing is here yet. */
  hold(): void {
    const legs = this.live.legs.peek();
    if (this.#view.peek() !== undefined || legs.length === 0) return;
    this.#keep({ legs, complete: this.live.complete.peek(), resets: this.live.resets?.peek() ?? 0 });
  }

  /** Shows new movements as they come. */
  release(): void {
    if (this.#kept !== undefined) this.#keep(undefined);
  }

  more(): Promise<void> {
    const kept = this.#view.peek();
    const bottom = kept?.legs.at(-1);
    if (kept === undefined || bottom === undefined) return this.live.more();
    if (kept.complete) return Promise.resolve();
    let pages = this.#pages.peek();
    if (pages === undefined) {
      const oldest = this.live.legs.peek().at(-1);
      if (oldest !== undefined && oldest.seq <= bottom.seq) return this.live.more();
      const { account, history, sinceUs } = this.past;
      this.#pages.value = pages = new PastPages(history, account, sinceUs, bottom.atUs + 1n, kept.legs);
    }
    return pages.more();
  }

  #keep(kept: Kept | undefined): void {
    batch(() => {
      this.#kept = kept;
      this.#pages.value = undefined;
      this.#holds.value++;
    });
  }

  #stands(): Kept | undefined {
    void this.#holds.value;
    const kept = this.#kept;
    if (kept === undefined || kept.resets !== (this.live.resets?.value ?? 0)) return undefined;
    const source = this.#pages.value ?? this.live;
    const legs = source.legs.value;
    const complete = source.complete.value;
    const oldest = legs.at(-1);
    const bottom = kept.legs.at(-1);
    if (oldest === undefined || bottom === undefined || oldest.seq > bottom.seq) return kept; // the oldest were let go
    if (oldest.seq === bottom.seq && complete === kept.complete) return kept;
    this.#kept = { ...kept, legs: [...kept.legs, ...below(legs, bottom.seq)], complete };
    return this.#kept;
  }
}

/** The movements, newest first, that are older than a number. */
function below(legs: readonly Leg[], seq: bigint): readonly Leg[] {
  return legs.slice(legs.findLastIndex((leg) => leg.seq >= seq) + 1);
}

import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { byDay, type Day, dayStart } from './days.ts';
import type { History } from './export.ts';
import { everything, type Filter, matcher, searches } from './filter.ts';
import { kindName } from './kinds.ts';
import { look, type LookEnd } from './seek.ts';
import { PastPages, since, type Source } from './sources.ts';
import { Still } from './still.ts';

/** What a list of movements needs of the world. */
export interface ListWorld {
  readonly account: string;
  readonly currency: string;
  /** The account's movements, with the live ones on top. */
  readonly movements: Source;
  readonly history: History;
  /** The bank's clock, microseconds. */
  readonly nowUs: () => bigint;
}

/**
 * What a person sees of an account's movements: which filter holds, what it shows, what is held back so that nothing moves
 * while they read, and how far it was looked. It outlives the component, so that coming back finds everything as it was.
 */
export class ListModel {
  readonly #filter = signal<Filter>(everything);
  readonly #lookEnd = signal<LookEnd | undefined>(undefined);
  readonly #looking = signal(false);
  #looks = new AbortController();
  #flooded = false;
  /** How many were counted as newer, and up to which: an arrival is looked at once. */
  #counted: { top: bigint; upTo: bigint; count: number; matches: (leg: Leg) => boolean } | undefined;

  readonly filter: ReadonlySignal<Filter> = this.#filter;
  readonly #dates = computed(() => `${this.#filter.value.firstDay}/${this.#filter.value.lastDay}`);
  /** The movements within the filter's dates. */
  readonly source: ReadonlySignal<Source> = computed(() => this.#sourceOf(this.#dates.value));
  readonly matches = computed(() => matcher(this.#filter.value, this.world.currency, kindName));
  /** Whether the filter looks for something, beyond dates. */
  readonly searching = computed(() => searches(this.#filter.value));
  /** Whether further pages are being searched. */
  readonly looking: ReadonlySignal<boolean> = this.#looking;
  /** Why the last look ended. */
  readonly lookEnd: ReadonlySignal<LookEnd | undefined> = this.#lookEnd;
  /** How many movements that match have come since those that are shown. */
  readonly newer = computed(() => this.#newer());
  readonly shown: ReadonlySignal<readonly Leg[]> = computed(() => {
    const legs = this.source.value.legs.value;
    return this.searching.value ? legs.filter(this.matches.value) : legs;
  });
  readonly days: ReadonlySignal<readonly Day[]> = computed(() => {
    const source = this.source.value;
    return byDay(this.shown.value, source.legs.value.at(-1), !source.complete.value);
  });

  constructor(readonly world: ListWorld) {}

  /** Changes the filter; what is looked for further back then begins anew. */
  setFilter(filter: Filter): void {
    this.#looks.abort();
    batch(() => {
      this.#filter.value = filter;
      this.#lookEnd.value = undefined;
      this.release();
    });
  }

  /** Shows no newer movement than now, until release. */
  hold(): void {
    const source = this.source.peek();
    if (source instanceof Still) source.hold();
  }

  /** Shows what has come, and new movements as they come; in a flood no newer ones than now. */
  release(): void {
    const source = this.source.peek();
    if (!(source instanceof Still)) return;
    batch(() => {
      source.release();
      if (this.#flooded) source.hold();
    });
  }

  /** The person is at the top of the list: new movements are shown as they come, unless they flood. */
  follow(): void {
    if (!this.#flooded) this.release();
  }

  /** Movements come faster than anybody reads: none is shown by itself until calm. */
  flood(): void {
    this.#flooded = true;
    this.hold();
  }

  /** Movements no longer come faster than somebody reads. */
  calm(): void {
    this.#flooded = false;
  }

  /** The bounds of the filter's dates, in microseconds: since included, until not. */
  bounds(): { sinceUs: bigint | undefined; untilUs: bigint | undefined } {
    const { firstDay, lastDay } = this.#filter.peek();
    return { sinceUs: dayStart(firstDay), untilUs: dayStart(lastDay, 1) };
  }

  /** Reads what comes next: a page, or, where something is looked for, as many as `look` allows. */
  async further(): Promise<void> {
    const source = this.source.peek();
    if (!this.searching.peek()) return source.more();
    if (this.#looking.peek() && !this.#looks.signal.aborted) return;
    const own = new AbortController();
    this.#looks = own;
    this.#looking.value = true;
    const end = await look(source, this.matches.peek(), own.signal);
    if (this.#looks !== own) return;
    batch(() => {
      this.#looking.value = false;
      if (!own.signal.aborted) this.#lookEnd.value = end;
    });
  }

  #newer(): number {
    const source = this.source.value;
    if (!(source instanceof Still)) return 0;
    const top = source.top.value;
    if (top === undefined) return 0;
    const legs = source.live.legs.value;
    const newest = legs[0]?.seq ?? top;
    if (newest <= top) return 0;
    if (!this.searching.value) return Number(newest - top); // an account's movements are numbered one by one
    const matches = this.matches.value;
    let counted = this.#counted;
    if (counted === undefined || counted.top !== top || counted.matches !== matches) counted = { top, upTo: top, count: 0, matches };
    let { count } = counted;
    for (const leg of legs) {
      if (leg.seq <= counted.upTo) break;
      if (matches(leg)) count++;
    }
    this.#counted = { top, upTo: newest, count, matches };
    return count;
  }

  #sourceOf(dates: string): Source {
    const [firstDay = '', lastDay = ''] = dates.split('/');
    const { account, movements, history, nowUs } = this.world;
    const sinceUs = dayStart(firstDay);
    const untilUs = dayStart(lastDay, 1);
    if (untilUs !== undefined && untilUs <= nowUs()) return new PastPages(history, account, sinceUs, untilUs);
    return new Still(sinceUs === undefined ? movements : since(movements, sinceUs), { account, history, sinceUs });
  }
}

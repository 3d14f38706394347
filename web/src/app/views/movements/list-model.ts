import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { byDay, type Day, dayStart } from './days.ts';
import type { History } from './export.ts';
import { everything, type Filter, matcher, searches } from './filter.ts';
import { kindName } from './kinds.ts';
import { look, type LookEnd } from './seek.ts';
import { PastPages, since, type Source } from './sources.ts';

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
  /** The number of the newest movement that is shown; undefined while new ones are shown as they come. */
  readonly #top = signal<bigint | undefined>(undefined);
  readonly #lookEnd = signal<LookEnd | undefined>(undefined);
  readonly #looking = signal(false);
  #looks = new AbortController();

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
  readonly #held = computed(() => this.#holding(this.source.value.legs.value));
  readonly #matching = computed(() => {
    const shown = this.source.value.legs.value.slice(this.#held.value);
    return this.searching.value ? shown.filter(this.matches.value) : shown;
  });
  /** How many movements that match have come since the person scrolled away from the top. */
  readonly newer = computed(() => {
    const held = this.source.value.legs.value.slice(0, this.#held.value);
    return this.searching.value ? held.filter(this.matches.value).length : held.length;
  });
  readonly shown: ReadonlySignal<readonly Leg[]> = this.#matching;
  readonly days: ReadonlySignal<readonly Day[]> = computed(() => {
    const source = this.source.value;
    return byDay(this.#matching.value, source.legs.value.at(-1), !source.complete.value);
  });

  constructor(readonly world: ListWorld) {}

  /** Changes the filter; what is looked for further back then begins anew. */
  setFilter(filter: Filter): void {
    this.#looks.abort();
    batch(() => {
      this.#filter.value = filter;
      this.#lookEnd.value = undefined;
      this.#top.value = undefined;
    });
  }

  /** Shows no newer movement than now, until release. */
  hold(): void {
    if (this.#top.peek() === undefined) this.#top.value = this.source.peek().legs.peek()[0]?.seq;
  }

  /** Shows new movements as they come. */
  release(): void {
    this.#top.value = undefined;
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

  /** How many of the newest movements are held back. A list that was read anew has none of the old top: all are shown. */
  #holding(legs: readonly Leg[]): number {
    const top = this.#top.value;
    if (top === undefined) return 0;
    const first = legs.findIndex((leg) => leg.seq <= top);
    return first < 0 ? 0 : first;
  }

  #sourceOf(dates: string): Source {
    const [firstDay = '', lastDay = ''] = dates.split('/');
    const { account, movements, history, nowUs } = this.world;
    const sinceUs = dayStart(firstDay);
    const untilUs = dayStart(lastDay, 1);
    if (untilUs !== undefined && untilUs <= nowUs()) return new PastPages(history, account, sinceUs, untilUs);
    return sinceUs === undefined ? movements : since(movements, sinceUs);
  }
}

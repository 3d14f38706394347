import { batch, signal, type ReadonlySignal } from '@preact/signals';
import type { AuditEntry, ListAuditResult } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';

/** How many pages a refresh reads to meet what is there already; past it the list begins anew. */
const refreshPagesMax = 4;

/** Asks for a page of the audit log, newest first; the cursor is from the page before, empty for the newest. */
export type Page = (cursor: string) => Promise<ListAuditResult>;

/** Trail is the audit log as far as it was read: newest first, endless to the end, without doubles. */
export class Trail {
  readonly #page: Page;
  readonly #entries = signal<readonly AuditEntry[]>([]);
  readonly #complete = signal(false);
  readonly #loading = signal(false);
  readonly #error = signal<unknown>(undefined);
  #next = '';
  #stale = false; // something happened while a page was on its way
  #generation = 0;

  constructor(page: Page) {
    this.#page = page;
  }

  get entries(): ReadonlySignal<readonly AuditEntry[]> {
    return this.#entries;
  }

  /** Whether the last entry of all is in the list. */
  get complete(): ReadonlySignal<boolean> {
    return this.#complete;
  }

  get loading(): ReadonlySignal<boolean> {
    return this.#loading;
  }

  /** What went wrong at the last attempt; the list is as it was. */
  get error(): ReadonlySignal<unknown> {
    return this.#error;
  }

  /** more reads the next page; one at a time. */
  async more(): Promise<void> {
    if (this.#complete.peek()) {
      return;
    }
    await this.#read(async (generation) => {
      const { entries, next } = await this.#page(this.#next);
      this.#put(generation, [...this.#entries.peek(), ...entries], next);
    });
  }

  /** refresh reads what happened since; asked for while a page is on its way, it happens after. */
  async refresh(): Promise<void> {
    if (this.#loading.peek()) {
      this.#stale = true;
      return;
    }
    if (this.#entries.peek().length === 0) {
      this.#complete.value = false;
      await this.more();
      return;
    }
    await this.#read((generation) => this.#readNewer(generation));
  }

  /** forget begins anew: what is under way is for somebody else. */
  forget(): void {
    this.#generation++;
    this.#next = '';
    this.#stale = false;
    batch(() => {
      this.#entries.value = [];
      this.#complete.value = false;
      this.#loading.value = false;
      this.#error.value = undefined;
    });
  }

  async #readNewer(generation: number): Promise<void> {
    const known = this.#entries.peek();
    const ids = new Set(known.map((entry) => entry.id));
    const fresh: AuditEntry[] = [];
    let cursor = '';
    for (let page = 0; page < refreshPagesMax; page++) {
      const { entries, next } = await this.#page(cursor);
      if (generation !== this.#generation) {
        return;
      }
      const met = entries.findIndex((entry) => ids.has(entry.id));
      fresh.push(...(met < 0 ? entries : entries.slice(0, met)));
      if (met >= 0) {
        this.#entries.value = [...fresh, ...known];
        return;
      }
      cursor = next;
      if (next === '') {
        break;
      }
    }
    this.#put(generation, fresh, cursor);
  }

  #put(generation: number, entries: readonly AuditEntry[], next: string): void {
    if (generation !== this.#generation) {
      return;
    }
    this.#next = next;
    batch(() => {
      this.#entries.value = entries;
      this.#complete.value = next === '';
    });
  }

  async #read(work: (generation: number) => Promise<void>): Promise<void> {
    if (this.#loading.peek()) {
      return;
    }
    const generation = this.#generation;
    batch(() => {
      this.#loading.value = true;
      this.#error.value = undefined;
    });
    let failure: unknown;
    try {
      await work(generation);
    } catch (error) {
      failure = error;
    }
    if (generation !== this.#generation) {
      return;
    }
    batch(() => {
      this.#loading.value = false;
      this.#error.value = failure;
    });
    if (this.#stale) {
      this.#stale = false;
      await this.refresh();
    }
  }
}

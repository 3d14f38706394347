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
    if (this.#complete.value) {
      return;
    }
    await this.#read(async () => {
      const { entries, next } = await this.#page(this.#next);
      this.#put([...this.#entries.value, ...entries], next);
    });
  }

  /** refresh reads what happened since; asked for while a page is on its way, it happens after. */
  async refresh(): Promise<void> {
    if (this.#loading.value) {
      this.#stale = true;
      return;
    }
    if (this.#entries.value.length === 0) {
      this.#complete.value = false;
      await this.more();
      return;
    }
    await this.#read(() => this.#readNewer());
  }

  async #readNewer(): Promise<void> {
    const known = this.#entries.value;
    const ids = new Set(known.map((entry) => entry.id));
    const fresh: AuditEntry[] = [];
    let cursor = '';
    for (let page = 0; page < refreshPagesMax; page++) {
      const { entries, next } = await this.#page(cursor);
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
    this.#put(fresh, cursor);
  }

  #put(entries: readonly AuditEntry[], next: string): void {
    this.#next = next;
    batch(() => {
      this.#entries.value = entries;
      this.#complete.value = next === '';
    });
  }

  async #read(work: () => Promise<void>): Promise<void> {
    if (this.#loading.value) {
      return;
    }
    batch(() => {
      this.#loading.value = true;
      this.#error.value = undefined;
    });
    try {
      await work();
    } catch (error) {
      this.#error.value = error;
    } finally {
      this.#loading.value = false;
    }
    if (this.#stale) {
      this.#stale = false;
      await this.refresh();
    }
  }
}

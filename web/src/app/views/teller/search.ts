import { signal, type ReadonlySignal } from '@preact/signals';
import type { FindHoldersResult, Holder } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { readQuery, type Query } from './query.ts';

/** A look-up begins when the person has not typed for this long: each one is in the bank's audit log. */
export const pauseMs = 350;

/** Where a search stands. */
export type Found =
  | { kind: 'waiting'; query: Query } // for the person to type, or to type more
  | { kind: 'yourself' } // nobody serves themselves, and nothing was asked
  | { kind: 'searching' }
  | { kind: 'found'; holders: Holder[]; more: boolean; text: string; atMs: number }
  | { kind: 'failed'; error: unknown; text: string };

/** What a search needs from its surroundings. */
export interface Surroundings {
  find(query: string): Promise<FindHoldersResult>;
  /** Whether the text names whoever is asking: their username or one of their accounts. */
  isSelf(text: string): boolean;
  later(f: () => void, ms: number): () => void; // returns what cancels it
  nowMs(): number;
}

/**
 * HolderSearch looks for holders as the person types. It asks for one thing at a time as far as the person can see: an
 * answer that comes after the text changed is dropped, and the text that was answered last is not asked again.
 */
export class HolderSearch {
  readonly #around: Surroundings;
  readonly #found = signal<Found>({ kind: 'waiting', query: { kind: 'empty' } });
  readonly text = signal('');
  #asked = 0;
  #cancel: () => void = () => undefined;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get found(): ReadonlySignal<Found> {
    return this.#found;
  }

  /** type takes what stands in the search field now, and looks it up after a pause where it says enough. */
  type(text: string): void {
    this.text.value = text;
    const query = this.#read();
    if (this.#answered(query)) {
      return;
    }
    this.#drop();
    if (query.kind === 'words' || query.kind === 'clabe') {
      this.#found.value = { kind: 'searching' };
      this.#cancel = this.#around.later(() => void this.#ask(query.text), query.kind === 'clabe' ? 0 : pauseMs);
    } else {
      this.#found.value = { kind: 'waiting', query };
    }
  }

  /** now looks up at once, as Enter asks for; digits that are no CLABE are then taken for a name. */
  async now(): Promise<void> {
    const query = this.#read();
    if (this.#answered(query)) {
      return;
    }
    if (query.kind === 'words' || query.kind === 'clabe') {
      await this.#ask(query.text);
    } else if (query.kind === 'digits' && query.digits >= 2) {
      await this.#ask(this.text.peek().trim());
    }
  }

  /** again asks for the same once more, for balances as they are now. */
  async again(): Promise<void> {
    const found = this.#found.peek();
    if (found.kind === 'found' || found.kind === 'failed') {
      await this.#ask(found.text);
    }
  }

  /** clear empties the field and what was found. */
  clear(): void {
    this.#drop();
    this.text.value = '';
    this.#found.value = { kind: 'waiting', query: { kind: 'empty' } };
  }

  #read(): Query {
    return readQuery(this.text.peek());
  }

  #answered(query: Query): boolean {
    const found = this.#found.peek();
    return found.kind === 'found' && 'text' in query && query.text === found.text;
  }

  #drop(): void {
    this.#cancel();
    this.#cancel = () => undefined;
    this.#asked++;
  }

  async #ask(text: string): Promise<void> {
    this.#drop();
    if (this.#around.isSelf(text)) {
      this.#found.value = { kind: 'yourself' };
      return;
    }
    const asked = this.#asked;
    this.#found.value = { kind: 'searching' };
    try {
      const { holders, more } = await this.#around.find(text);
      if (asked === this.#asked) {
        this.#found.value = { kind: 'found', holders, more, text, atMs: this.#around.nowMs() };
      }
    } catch (error) {
      if (asked === this.#asked) {
        this.#found.value = { kind: 'failed', error, text };
      }
    }
  }
}

import { batch, signal, type ReadonlySignal } from '@preact/signals';
import type { HistoryResult, Leg } from '../caudal/gen/caudal/v1/caudal_pb.ts';
import type { Bank } from './bank.ts';

/** The question that a list of movements asks the bank: `Client.history`. */
export type AskHistory = (question: { account: string; cursor?: string; untilUs?: bigint }) => Promise<HistoryResult>;

/** How many movements stay in memory where they come in by themselves; pages that a person asked for raise it. */
export const legsMax = 2000;

/** How many pages are read to close a gap at the top before the list starts anew. */
export const catchUpPagesMax = 4;

/** How long movements that the account is said to have are waited for before they are read. */
export const lateMs = 1000;

/** An account's movements, kept up to date while it is among the last used. The same object each time. */
export function movementsOf(bank: Bank, clabe: string): Movements {
  return bank.movements(clabe, () => new Movements(clabe, (question) => bank.client.history(question)));
}

/** Where the older movements continue. */
type Older =
  | { readonly kind: 'start' }
  | { readonly kind: 'cursor'; readonly cursor: string }
  | { readonly kind: 'trimmed' } // the oldest were let go: ask by the time of the oldest that is left
  | { readonly kind: 'end' };

/**
 * The movements of one account, newest first: without doubles and without gaps. Live ones come on top by `receive`, older
 * ones at the bottom by `more`. `seq` counts an account's movements one by one, so that a gap shows.
 */
export class Movements {
  readonly #legs = signal<readonly Leg[]>([]);
  readonly #complete = signal(false);
  readonly #loading = signal(false);
  readonly #error = signal<unknown>(undefined);
  #older: Older = { kind: 'start' };
  #bound = legsMax;
  #early: Leg[] = [];
  #working: Promise<void> | undefined;
  #behind = false;
  /** Older ones are being read: the oldest stay, so that they join. */
  #reading = false;
  /** The account's newest movement, as it was told. */
  #told = 0n;
  #late: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  readonly #resets = signal(0);

  constructor(
    readonly account: string,
    private readonly ask: AskHistory,
  ) {}

  /** Newest first. */
  get legs(): ReadonlySignal<readonly Leg[]> {
    return this.#legs;
  }

  /** Whether the account's first movement is at the bottom. */
  get complete(): ReadonlySignal<boolean> {
    return this.#complete;
  }

  /** Whether an answer is under way. */
  get loading(): ReadonlySignal<boolean> {
    return this.#loading;
  }

  /** Why the last question got no answer; undefined once one does. */
  get error(): ReadonlySignal<unknown> {
    return this.#error;
  }

  /** How often everything was forgotten because it was wrong: an answer to a question from before it is none any more. */
  get resets(): ReadonlySignal<number> {
    return this.#resets;
  }

  /** Reads the newest page, or the next older one. Never rejects: see `error`. */
  more(): Promise<void> {
    return this.#work(async (isOld) => {
      let added = 0;
      this.#reading = true;
      while (added === 0 && this.#older.kind !== 'end') {
        const oldest = this.#legs.peek().at(-1);
        const page = await this.ask(
          this.#older.kind === 'cursor'
            ? { account: this.account, cursor: this.#older.cursor }
            : this.#older.kind === 'trimmed' && oldest !== undefined
              ? { account: this.account, untilUs: oldest.atUs + 1n }
              : { account: this.account },
        );
        if (isOld()) {
          return;
        }
        const known = oldest?.seq;
        const older = page.legs.filter((leg) => known === undefined || leg.seq < known);
        added = older.length;
        this.#older = page.next === '' ? { kind: 'end' } : { kind: 'cursor', cursor: page.next };
        batch(() => {
          this.#legs.value = [...this.#legs.peek(), ...older];
          this.#complete.value = this.#older.kind === 'end';
        });
      }
      this.#bound = Math.max(legsMax, this.#legs.peek().length);
    });
  }

  /**
   * Takes live movements of this account, oldest first; those already here are skipped. One that does not join the newest
   * makes the list read what lies between.
   */
  receive(arrived: readonly Leg[]): void {
    if (this.#older.kind === 'start') {
      // Nothing was asked for yet, or the first page is under way: it may or may not have them.
      if (this.#working !== undefined) {
        this.#early.push(...arrived);
      }
      return;
    }
    const legs = this.#legs.peek();
    let top = legs[0]?.seq ?? 0n;
    const joined: Leg[] = [];
    for (const leg of arrived) {
      if (leg.seq === top + 1n) {
        joined.push(leg);
        top = leg.seq;
      } else if (leg.seq > top) {
        this.#behind = true;
      }
    }
    if (joined.length > 0) {
      this.#show(joined.reverse().concat(legs)); // at each frame of a flood: no iterator walks thousands
    }
    if (this.#behind) {
      this.#catchUp();
    }
  }

  /**
   * Tells the number of the account's newest movement. It may be on its way: it is known before its place in the chain was
   * checked. A list that is still behind after `lateMs` reads what it lacks.
   */
  reach(seq: bigint): void {
    this.#told = seq;
    if (this.#older.kind === 'start' || seq <= this.#newest() || this.#late !== undefined) {
      return;
    }
    this.#late = setTimeout(() => {
      this.#late = undefined;
      if (seq > this.#newest()) {
        this.#behind = true;
        this.#catchUp();
      } else {
        this.reach(this.#told);
      }
    }, lateMs);
  }

  /** Forgets everything and, if it was in use, reads the newest page again: after the bank's history has diverged. */
  reset(): void {
    const used = this.#older.kind !== 'start';
    this.#forget();
    batch(() => {
      this.#resets.value++;
      this.#older = { kind: 'start' };
      this.#bound = legsMax;
      this.#early = [];
      this.#behind = false;
      this.#legs.value = [];
      this.#complete.value = false;
    });
    if (used && this.#working === undefined) {
      void this.more(); // else #work does, when the answer that is under way has come and was thrown away
    }
  }

  /** Lets go of everything; answers under way are ignored. */
  close(): void {
    this.#closed = true;
    this.#forget();
    batch(() => {
      this.#resets.value++;
      this.#legs.value = [];
    });
  }

  #forget(): void {
    clearTimeout(this.#late);
    this.#late = undefined;
    this.#told = 0n;
  }

  #newest(): bigint {
    return this.#legs.peek()[0]?.seq ?? 0n;
  }

  #show(legs: Leg[]): void {
    if (legs.length > this.#bound && !this.#reading) {
      legs.length = this.#bound;
      this.#older = { kind: 'trimmed' };
      this.#complete.value = false;
    }
    this.#legs.value = legs;
  }

  /** Reads from the newest down to what is here; too far, and the list starts anew at the top. */
  #catchUp(): void {
    if (this.#working !== undefined) {
      return; // #work looks again when it is done
    }
    this.#behind = false;
    void this.#work(async (isOld) => {
      const top = this.#newest();
      const newer: Leg[] = [];
      let cursor = '';
      for (let pages = 0; pages < catchUpPagesMax; pages++) {
        const page = await this.ask(cursor === '' ? { account: this.account } : { account: this.account, cursor });
        if (isOld()) {
          return;
        }
        newer.push(...page.legs.filter((leg) => leg.seq > top));
        if (page.next === '' || page.legs.some((leg) => leg.seq <= top)) {
          const reached = this.#newest(); // some may have come by themselves meanwhile
          this.#show([...newer.filter((leg) => leg.seq > reached), ...this.#legs.peek()]);
          return;
        }
        cursor = page.next;
      }
      this.#older = { kind: 'cursor', cursor };
      this.#complete.value = false;
      this.#legs.value = newer;
    });
  }

  /** One question at a time; whoever asks meanwhile waits for the same answer. `job` is told whether that is too old. */
  #work(job: (isOld: () => boolean) => Promise<void>): Promise<void> {
    if (this.#working !== undefined) {
      return this.#working;
    }
    const resets = this.#resets.peek();
    const isOld = () => resets !== this.#resets.peek();
    this.#loading.value = true;
    this.#working = this.#run(() => job(isOld)).then(() => {
      this.#working = undefined;
      this.#reading = false;
      if (this.#closed) {
        return undefined;
      }
      if (isOld()) {
        return this.more();
      }
      const early = this.#early;
      this.#early = [];
      if (this.#error.peek() === undefined) {
        this.receive(early);
      }
      return undefined;
    });
    return this.#working;
  }

  async #run(job: () => Promise<void>): Promise<void> {
    try {
      await job();
      this.#error.value = undefined;
    } catch (error) {
      this.#error.value = error;
    } finally {
      this.#loading.value = false;
    }
  }
}

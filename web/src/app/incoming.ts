import type { LegEvent } from './bank.ts';

/** Money that came in, since the last time that it was told. */
export interface Arrived {
  readonly movements: number;
  /** Sums by currency, in minor units. */
  readonly sums: ReadonlyMap<string, bigint>;
  /** The only movement, where there was one. */
  readonly only: LegEvent | undefined;
}

/** After one message about incoming money the next waits this long, and tells everything that came meanwhile. */
export const quietMs = 4000;

/** What `Incoming` needs of the world around it. */
export interface IncomingOptions {
  /** The currency of an account of the person's; undefined where it is none. */
  readonly currencyOf: (account: string) => string | undefined;
  readonly tell: (arrived: Arrived) => void;
  /** Calls `f` once after `ms`; returns what calls it off. */
  readonly later: (f: () => void, ms: number) => () => void;
}

/**
 * Turns incoming movements into few messages: the first at once, and a flood into one line for each pause. What moves
 * between the person's own accounts is no news, nor what happened while nobody was connected.
 */
export class Incoming {
  #movements = 0;
  #sums = new Map<string, bigint>();
  #only: LegEvent | undefined;
  #quiet: (() => void) | undefined;

  constructor(private readonly options: IncomingOptions) {}

  /** Takes the movements of one frame. */
  receive(events: readonly LegEvent[]): void {
    for (const event of events) {
      const currency = this.options.currencyOf(event.account);
      const own = this.options.currencyOf(event.leg.counterparty) !== undefined;
      if (event.fresh && event.leg.amountMinor > 0n && currency !== undefined && !own) {
        this.#movements++;
        this.#sums.set(currency, (this.#sums.get(currency) ?? 0n) + event.leg.amountMinor);
        this.#only = event;
      }
    }
    if (this.#quiet === undefined) {
      this.#tell();
    }
  }

  /** Tells nothing more. */
  stop(): void {
    this.#quiet?.();
    this.#quiet = undefined;
    this.#clear();
  }

  #tell(): void {
    this.#quiet = undefined;
    if (this.#movements === 0) {
      return;
    }
    const arrived = {
      movements: this.#movements,
      sums: this.#sums,
      only: this.#movements === 1 ? this.#only : undefined,
    };
    this.#clear();
    this.#quiet = this.options.later(() => this.#tell(), quietMs);
    this.options.tell(arrived);
  }

  #clear(): void {
    this.#movements = 0;
    this.#sums = new Map();
    this.#only = undefined;
  }
}

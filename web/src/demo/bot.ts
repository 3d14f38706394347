import { signal, type ReadonlySignal } from '@preact/signals';
import type { Side } from './holder.ts';

/** A payment every second. */
export const everyMs = 1000;

/** The bot's smallest and largest payment, in minor units. */
export const amountMinMinor = 1_00;
export const amountMaxMinor = 60_00;

/** What the bot needs to know and to do. */
export interface BotWorld {
  /** What a side can spend, in minor units; undefined while its connection is not live. */
  available(side: Side): bigint | undefined;
  pay(from: Side, amountMinor: bigint, memo: string): Promise<unknown>;
  readonly memos: readonly string[];
  /** From 0 up to 1. */
  random(): number;
  setInterval(job: () => void, ms: number): () => void;
}

/**
 * Moves small money between the two every second until it is told to stop. It never has two payments under way, waits
 * while a connection is away, and pays from the side that has more the more often, so that neither runs dry.
 */
export class Bot {
  readonly #running = signal(false);
  #halt: (() => void) | undefined;
  #busy = false;

  constructor(readonly world: BotWorld) {}

  get running(): ReadonlySignal<boolean> {
    return this.#running;
  }

  start(): void {
    if (this.#halt === undefined) {
      this.#halt = this.world.setInterval(() => void this.#pay(), everyMs);
      this.#running.value = true;
      void this.#pay();
    }
  }

  stop(): void {
    this.#halt?.();
    this.#halt = undefined;
    this.#running.value = false;
  }

  async #pay(): Promise<void> {
    const left = this.world.available('left');
    const right = this.world.available('right');
    if (this.#busy || left === undefined || right === undefined || left + right <= 0n) {
      return;
    }
    const share = Number((left * 1000n) / (left + right)) / 1000;
    const from: Side = this.world.random() < share ? 'left' : 'right';
    const available = from === 'left' ? left : right;
    const wanted = BigInt(amountMinMinor + Math.floor(this.world.random() * (amountMaxMinor - amountMinMinor + 1)));
    const memo = this.world.memos[Math.floor(this.world.random() * this.world.memos.length)] ?? '';
    if (wanted > available) {
      return;
    }
    this.#busy = true;
    try {
      await this.world.pay(from, wanted, memo);
    } catch {
      // The client shows what went wrong beside the holder; the next second tries again.
    } finally {
      this.#busy = false;
    }
  }
}

import { signal, type ReadonlySignal } from '@preact/signals';
import type { Leg, Order } from '../caudal/index.ts';
import { across, type Side } from './holder.ts';

/** A payment between the two, from the press of a button to both screens. Times are of `performance.now()`. */
export interface Payment {
  readonly id: number;
  readonly from: Side;
  readonly amountMinor: bigint;
  /** From the order until the bank's event of it had been decrypted on each side, in milliseconds. */
  readonly tookMs: Partial<Record<Side, number>>;
}

/** How many payments are on their way across the page at once; the rest arrive without the picture. */
const shownMax = 6;

/** How many orders are followed until both sides have heard of them. */
const followedMax = 64;

/** What one side's client can do for the payments. */
export interface Payer {
  readonly account: string | undefined;
  order(command: { from: string; to: string; amountMinor: bigint; currency: string; memo: string }): Promise<Order>;
  dismiss(key: string): Promise<void>;
}

interface Followed {
  payment: Payment;
  readonly orderedAt: number;
  readonly memo: string;
}

/** Orders payments between the two sides and times them. */
export class Payments {
  readonly #last = signal<Payment | undefined>(undefined);
  readonly #shown = signal<readonly Payment[]>([]);
  readonly #done = signal(0);
  readonly #followed: Followed[] = [];
  readonly #transfers = new Map<string, Followed>();
  #next = 1;

  constructor(
    readonly payers: Record<Side, Payer>,
    readonly currency: string,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** The newest payment that both sides have seen. */
  get last(): ReadonlySignal<Payment | undefined> {
    return this.#last;
  }

  /** Payments to be drawn on their way; call `arrived` with each. */
  get shown(): ReadonlySignal<readonly Payment[]> {
    return this.#shown;
  }

  /** How many payments were made since the page was opened. */
  get done(): ReadonlySignal<number> {
    return this.#done;
  }

  /** Orders one payment and waits until it is decided. Undefined where a side has no account yet. Never pays twice. */
  async pay(from: Side, amountMinor: bigint, memo: string): Promise<Order | undefined> {
    const source = this.payers[from].account;
    const to = this.payers[across(from)].account;
    if (source === undefined || to === undefined) {
      return undefined;
    }
    const followed: Followed = {
      payment: { id: this.#next++, from, amountMinor, tookMs: {} },
      orderedAt: this.now(),
      memo,
    };
    this.#followed.push(followed);
    if (this.#followed.length > followedMax) {
      this.#followed.shift();
    }
    const order = await this.payers[from].order({ from: source, to, amountMinor, currency: this.currency, memo });
    if (order.state === 'done') {
      this.#done.value += 1;
    }
    await this.payers[from].dismiss(order.key);
    return order;
  }

  /** Takes note of a leg that one side was told of. */
  heard(side: Side, leg: Leg): void {
    const followed = this.#transfers.get(leg.transferId) ?? this.#begun(side, leg);
    if (followed === undefined) {
      return;
    }
    const { payment } = followed;
    followed.payment = { ...payment, tookMs: { ...payment.tookMs, [side]: this.now() - followed.orderedAt } };
    if (followed.payment.tookMs.left !== undefined && followed.payment.tookMs.right !== undefined) {
      this.#transfers.delete(leg.transferId);
      this.#last.value = followed.payment;
    }
  }

  /** The picture of a payment has come to its end. */
  arrived(id: number): void {
    this.#shown.value = this.#shown.peek().filter((payment) => payment.id !== id);
  }

  /** The order that a leg, heard for the first time on either side, is of. */
  #begun(side: Side, leg: Leg): Followed | undefined {
    const from = leg.amountMinor < 0n ? side : across(side);
    const amountMinor = leg.amountMinor < 0n ? -leg.amountMinor : leg.amountMinor;
    const at = this.#followed.findIndex(
      ({ payment, memo }) => payment.from === from && payment.amountMinor === amountMinor && memo === leg.memo,
    );
    const [followed] = at < 0 ? [] : this.#followed.splice(at, 1);
    if (followed !== undefined) {
      this.#transfers.set(leg.transferId, followed);
      if (this.#shown.peek().length < shownMax) {
        this.#shown.value = [...this.#shown.peek(), followed.payment];
      }
    }
    return followed;
  }
}

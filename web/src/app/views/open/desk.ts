import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { KeyMint } from '../../../caudal/index.ts';
import type { DeskBank } from '../send/desk.ts';
import { giveOrder } from '../send/give.ts';
import { nextOpening, type Opening, type OpeningNews, readName } from './opening.ts';

/** Where a person opens an account: what they have entered, and the one place that gives the order; another begins anew. */
export class OpenDesk {
  readonly #opening = signal<Opening>({ step: 'form', name: '' });
  readonly #mint = new KeyMint();
  #username: string | undefined;

  constructor(private readonly bank: DeskBank) {
    bank.client.on('order', (order) => this.take({ type: 'order', order }));
    bank.client.on('dismissed', ({ key }) => this.take({ type: 'gone', key }));
    effect(() => this.#begin(bank.session.value?.username));
  }

  get opening(): ReadonlySignal<Opening> {
    return this.#opening;
  }

  take(news: OpeningNews): void {
    this.#opening.value = nextOpening(this.#opening.peek(), news);
  }

  /** Shows the order of a key; false where this device has no note of it. */
  show(key: string): boolean {
    const order = this.bank.orders.peek().find((one) => one.key === key);
    if (order !== undefined) this.take({ type: 'show', order });
    const opening = this.#opening.peek();
    return opening.step === 'ordered' && opening.key === key;
  }

  /** Gives the order, once, and returns its key; undefined where there is none to give. */
  confirm(): string | undefined {
    const opening = this.#opening.peek();
    if (opening.step !== 'form' || this.bank.freshness.peek().kind !== 'live') return undefined;
    const { name, problem } = readName(opening.name);
    if (problem !== undefined) return undefined;
    const key = this.#mint.mint(this.bank.client.serverNowMs());
    this.take({ type: 'confirm', key, name });
    giveOrder(this.bank.client, { kind: 'open_account', name, currency: 'MXN' }, key, {
      settled: (order) => this.take({ type: 'order', order }),
      failed: (error) => this.take({ type: 'failed', key, error }),
    });
    return key;
  }

  #begin(username: string | undefined): void {
    if (username === this.#username || username === undefined) return;
    this.#username = username;
    this.#opening.value = { step: 'form', name: '' };
  }
}

const desks = new WeakMap<DeskBank, OpenDesk>();

/** The desk of a bank: the same one each time. */
export function openDeskOf(bank: DeskBank): OpenDesk {
  let desk = desks.get(bank);
  if (desk === undefined) {
    desk = new OpenDesk(bank);
    desks.set(bank, desk);
  }
  return desk;
}

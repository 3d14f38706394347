import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { type Account, AccountStatus, type Client, KeyMint, type Order, type Session } from '../../../caudal/index.ts';
import type { Freshness } from '../../freshness.ts';
import { parseMoney } from '../../format.ts';
import { type Checked, check, twins } from './check.ts';
import { type Draft, emptyDraft, type Flow, type Happening, next, settled } from './flow.ts';
import { giveOrder } from './give.ts';
import { type Lookup, PayeeLookup } from './lookup.ts';
import { readPayee } from './payee.ts';
import { prefilled, readAddress } from './prefill.ts';
import { arrive, type Arrival, type Place } from './place.ts';

/** How long after a payment the same one again is asked about, also where the first was read and put away. */
const latelyMs = 5 * 60_000;

/** What Send needs of a bank; `Bank` has it. */
export interface DeskBank {
  readonly accounts: ReadonlySignal<readonly Account[]>;
  readonly orders: ReadonlySignal<readonly Order[]>;
  readonly session: ReadonlySignal<Session | undefined>;
  readonly freshness: ReadonlySignal<Freshness>;
  readonly client: Pick<Client, 'on' | 'order' | 'resolvePayee' | 'serverNowMs'>;
}

/**
 * Where a person sends money: the flow, the look-up of the payee, and the one place that gives a transfer order. It lives
 * as long as its bank, so that looking something up in another view loses nothing; another person begins anew.
 */
export class Desk {
  readonly #flow = signal<Flow>({ step: 'form', draft: emptyDraft('pay', '') });
  readonly #lookup = signal<Lookup>({ kind: 'idle' });
  readonly #twins = signal<readonly Order[]>([]);
  readonly #mint = new KeyMint();
  /** By key, what was carried out lately. */
  readonly #lately = new Map<string, Order>();
  readonly #resolver: PayeeLookup;
  #username: string | undefined;
  /** The order whose page was left last, as far as it has come since: the back button finds it also after it was put away. */
  #left: Extract<Flow, { step: 'ordered' }> | undefined;

  /** The draft as it can be judged now; of a flow that is no form any more, of the draft behind it. */
  readonly checked: ReadonlySignal<Checked> = computed(() => {
    const { draft } = this.#flow.value;
    const accounts = this.bank.accounts.value;
    const currency = accounts.find((account) => account.clabe === draft.from)?.currency ?? 'MXN';
    return check(draft, {
      accounts,
      lookup: this.#lookup.value,
      amountMinor: parseMoney(draft.amount, currency),
      live: this.live.value,
    });
  });

  /** Whether what is on the screen is how things stand, and an order would go out at once. */
  readonly live: ReadonlySignal<boolean> = computed(() => this.bank.freshness.value.kind === 'live');

  constructor(private readonly bank: DeskBank) {
    this.#resolver = new PayeeLookup({
      resolve: (name) => bank.client.resolvePayee(name),
      live: () => this.live.peek(),
      changed: (lookup) => {
        this.#lookup.value = lookup;
      },
      nowMs: () => Date.now(),
      after: (ms, f) => {
        const timer = setTimeout(f, ms);
        return () => clearTimeout(timer);
      },
    });
    bank.client.on('order', (order) => {
      this.#happen({ type: 'order', order });
      if (order.state === 'done') this.#lately.set(order.key, order);
      const left = this.#left && next(this.#left, { type: 'order', order });
      if (left?.step === 'ordered') this.#left = left;
    });
    bank.client.on('dismissed', ({ key }) => this.#happen({ type: 'gone', key }));
    effect(() => this.#begin(bank.session.value?.username));
    effect(() => this.#choose(bank.accounts.value));
    effect(() => {
      for (const order of bank.orders.value) this.#happen({ type: 'order', order });
    });
    effect(() => {
      const { step, draft } = this.#flow.value;
      const own = bank.accounts.value.map(({ clabe }) => clabe);
      if (step === 'form') this.#resolver.take(readPayee(draft.mode === 'pay' ? draft.payee : '', own));
    });
    effect(() => {
      if (this.live.value) this.#resolver.now();
    });
    effect(() => this.#compare(this.#flow.value, bank.orders.value));
  }

  get flow(): ReadonlySignal<Flow> {
    return this.#flow;
  }

  get lookup(): ReadonlySignal<Lookup> {
    return this.#lookup;
  }

  /** Orders that may be the payment under review, given already. */
  get twins(): ReadonlySignal<readonly Order[]> {
    return this.#twins;
  }

  edit(change: Partial<Draft>): void {
    this.#happen({ type: 'edit', change });
  }

  /** Fills the form in as an address asks, and returns where to go on to; see `prefilled` and `readAddress`. */
  prefill(query: URLSearchParams): string | undefined {
    const flow = this.#flow.peek();
    if (flow.step !== 'form') return undefined;
    const draft = prefilled(flow.draft, query, this.bank.accounts.peek());
    this.edit(draft);
    this.#choose(this.bank.accounts.peek());
    return readAddress(draft, query);
  }

  /** Asks at once whom the payee field names: its writer has left it. */
  lookUpNow(): void {
    this.#resolver.now();
  }

  /** Goes on to the review; false where something is in the way. */
  review(): boolean {
    const { payment } = this.checked.peek();
    if (payment !== undefined) this.#happen({ type: 'review', payment });
    return payment !== undefined;
  }

  insist(insist: boolean): void {
    this.#happen({ type: 'insist', insist });
  }

  back(): void {
    this.#happen({ type: 'back' });
  }

  /** Takes what an address says; see `arrive`. */
  arrive(place: Place): Arrival {
    const own = this.bank.accounts.peek().map(({ clabe }) => clabe);
    const flow = this.#flow.peek();
    let arrival = arrive(flow, place, this.bank.orders.peek(), own);
    const left = this.#left;
    if (arrival.missing && place.kind === 'order' && left?.key === place.key && settled(left.outcome)) arrival = { flow: left };
    if (flow.step === 'ordered' && arrival.flow !== flow) this.#left = flow;
    this.#flow.value = arrival.flow;
    this.#choose(this.bank.accounts.peek());
    return arrival;
  }

  /**
   * Gives the order of the review, once: its key is made here, and the flow leaves the review in the same moment. Returns
   * the key; undefined where there is no order to give.
   */
  confirm(): string | undefined {
    const review = this.#flow.peek();
    if (review.step !== 'review' || !this.live.peek()) return undefined;
    const key = this.#mint.mint(this.bank.client.serverNowMs());
    if (!this.#happen({ type: 'confirm', key, twins: this.twins.peek().length })) return undefined;
    const { from, to, amountMinor, currency, memo, payeeName } = review.payment;
    giveOrder(this.bank.client, { kind: 'transfer', from, to, amountMinor, currency, memo, payeeName }, key, {
      settled: (order) => this.#happen({ type: 'order', order }),
      failed: (error) => this.#happen({ type: 'failed', key, error }),
    });
    return key;
  }

  /** Returns whether it changed anything. */
  #happen(happening: Happening): boolean {
    const before = this.#flow.peek();
    this.#flow.value = next(before, happening);
    return this.#flow.peek() !== before;
  }

  #begin(username: string | undefined): void {
    if (username === this.#username || username === undefined) return;
    this.#username = username;
    this.#left = undefined;
    this.#lately.clear();
    this.#happen({ type: 'restart', draft: emptyDraft('pay', '') });
    this.#choose(this.bank.accounts.peek());
  }

  /** One that was carried out and put away during a review goes on counting; for a new one a yes has to be said anew. */
  #compare(flow: Flow, orders: readonly Order[]): void {
    if (flow.step !== 'review') {
      this.#twins.value = [];
      return;
    }
    const before = this.#twins.peek();
    const known = [...orders, ...this.#putAway(orders)];
    const away = before.filter(({ key }) => !known.some((order) => order.key === key));
    const here = twins(flow.payment, known);
    this.#twins.value = [...away, ...here];
    if (here.some(({ key }) => !before.some((shown) => shown.key === key))) this.insist(false);
  }

  /** What was carried out lately and is on the list no more. */
  #putAway(orders: readonly Order[]): Order[] {
    const sinceMs = this.bank.client.serverNowMs() - latelyMs;
    for (const [key, { settledAtMs = 0 }] of this.#lately) if (settledAtMs < sinceMs) this.#lately.delete(key);
    return [...this.#lately.values()].filter(({ key }) => !orders.some((order) => order.key === key));
  }

  /** Puts the first account that can pay into a form that has none, or has one that is gone. */
  #choose(accounts: readonly Account[]): void {
    const flow = this.#flow.peek();
    const first = accounts.find(({ status }) => status !== AccountStatus.FROZEN) ?? accounts[0];
    if (flow.step !== 'form' || first === undefined) return;
    const { from, to, mode } = flow.draft;
    const payer = accounts.some(({ clabe }) => clabe === from) ? from : first.clabe;
    const other = accounts.find(({ clabe }) => clabe !== payer);
    const payee = mode === 'own' && to === '' ? (other?.clabe ?? '') : to;
    if (payer !== from || payee !== to) this.edit({ from: payer, to: payee });
  }
}

const desks = new WeakMap<DeskBank, Desk>();

/** The desk of a bank: the same one each time. */
export function deskOf(bank: DeskBank): Desk {
  let desk = desks.get(bank);
  if (desk === undefined) {
    desk = new Desk(bank);
    desks.set(bank, desk);
  }
  return desk;
}

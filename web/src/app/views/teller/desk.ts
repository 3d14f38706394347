import { computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import { KeyMint } from '../../../caudal/client/key.ts';
import { sameCommand, settled, type Account, type Client, type Order, type Session, type TellerLimits } from '../../../caudal/index.ts';
import type { Freshness } from '../../freshness.ts';
import { move, start, type Counter, type Customer, type Move, type Review } from './counter.ts';
import { HolderSearch } from './search.ts';
import { Trail } from './trail.ts';

/** What the counter needs of a bank; `Bank` has it. */
export interface DeskBank {
  readonly accounts: ReadonlySignal<readonly Account[]>;
  readonly orders: ReadonlySignal<readonly Order[]>;
  readonly session: ReadonlySignal<Session | undefined>;
  readonly freshness: ReadonlySignal<Freshness>;
  readonly client: Pick<Client, 'order' | 'dismissOrder' | 'findHolders' | 'listAudit' | 'tellerLimits' | 'serverNowMs'>;
}

/** An order of a teller. */
export type CashOrder = Order & { readonly command: { readonly kind: 'deposit' | 'withdraw' } };

/**
 * The counter of one teller: whom they serve, what they ordered, what they may still do today, and what they did. It lives
 * as long as its bank, so that looking something up in another view loses nothing; another teller begins anew.
 */
export class Desk {
  readonly #counter = signal<Counter>(start);
  readonly #limits = signal<ReadonlyMap<string, TellerLimits>>(new Map());
  readonly #seen = signal<ReadonlyMap<string, CashOrder>>(new Map());
  readonly #mint = new KeyMint();
  readonly #settledKeys = new Set<string>();
  #username: string | undefined;

  readonly search: HolderSearch;
  readonly trail: Trail;

  /** Whether an order would go out at once. */
  readonly live: ReadonlySignal<boolean> = computed(() => this.bank.freshness.value.kind === 'live');

  /** The order that is on the screen, also when it was put away meanwhile. */
  readonly order: ReadonlySignal<CashOrder | undefined> = computed(() => {
    const at = this.#counter.value;
    return at.step === 'order' ? this.#seen.value.get(at.key) : undefined;
  });

  /** Orders that were given here and are not on the screen: of before a reload, or of a customer who left. */
  readonly others: ReadonlySignal<readonly CashOrder[]> = computed(() => {
    const at = this.#counter.value;
    return this.bank.orders.value.filter(isCash).filter((order) => at.step !== 'order' || order.key !== at.key);
  });

  /** Unsettled orders that may be carrying out the operation under review already. */
  readonly twins: ReadonlySignal<number> = computed(() => {
    const at = this.#counter.value;
    return at.step === 'review'
      ? this.others.value.filter((order) => !settled(order) && sameCommand(order.command, commandOf(at))).length
      : 0;
  });

  constructor(private readonly bank: DeskBank) {
    this.search = new HolderSearch({
      find: (query) => bank.client.findHolders(query),
      isSelf: (text) => text === bank.session.peek()?.username || bank.accounts.peek().some(({ clabe }) => clabe === text),
      later: (f, ms) => {
        const timer = setTimeout(f, ms);
        return () => clearTimeout(timer);
      },
      nowMs: () => Date.now(),
    });
    this.trail = new Trail((cursor) => bank.client.listAudit(cursor === '' ? {} : { cursor }));
    when(bank.session, (session) => this.#begin(session?.username));
    when(bank.orders, (orders) => this.#follow(orders));
    when(this.live, (live) => live && this.refresh());
    when(this.search.found, (found) => found.kind === 'found' && void this.trail.refresh()); // each look-up is a line of it
  }

  get counter(): ReadonlySignal<Counter> {
    return this.#counter;
  }

  /** The limits of a currency, once they are known. */
  limits(currency: string): TellerLimits | undefined {
    return this.#limits.value.get(currency);
  }

  move(m: Move): void {
    const before = this.#counter.peek();
    if (m.kind === 'next_customer' || m.kind === 'same_customer' || m.kind === 'correct') {
      this.#putAway(before);
    }
    if (m.kind === 'next_customer') {
      this.search.clear();
    }
    this.#counter.value = move(before, m);
    const at = this.#counter.peek();
    if (at.step === 'amount' && !this.#limits.peek().has(at.account.currency)) {
      void this.#readLimits(at.account.currency);
    }
  }

  /**
   * Gives the order of the review, once: its key is made here, and the counter leaves the review in the same moment. Does
   * nothing where there is no order to give.
   */
  confirm(): void {
    const at = this.#counter.peek();
    if (at.step !== 'review' || !this.live.peek()) {
      return;
    }
    const key = this.#mint.mint(this.bank.client.serverNowMs());
    this.move({ kind: 'ordered', key });
    this.bank.client.order(commandOf(at), key).then(
      (order) => this.#follow([order]),
      (problem: unknown) => {
        // An order that the client has noted is settled by its events, whatever became of this call.
        if (!this.bank.orders.peek().some((order) => order.key === key)) {
          this.move({ kind: 'not_ordered', key, problem });
        }
      },
    );
  }

  /** Puts a settled order away that is not on the screen. */
  async dismiss(key: string): Promise<void> {
    await this.bank.client.dismissOrder(key);
  }

  /** Reads the customer's balances again, which is a look-up like any other. Rejects where that fails. */
  async lookAgain(): Promise<void> {
    const at = this.#counter.peek();
    const customer: Customer | undefined = at.step === 'search' || at.step === 'order' ? undefined : at.customer;
    const clabe = customer?.holder.accounts[0]?.clabe;
    if (clabe === undefined) {
      return;
    }
    const { holders } = await this.bank.client.findHolders(clabe);
    const [holder] = holders;
    if (holder !== undefined) {
      this.move({ kind: 'refresh', customer: { holder, asOfMs: Date.now() } });
    }
    void this.trail.refresh();
  }

  /** Reads the limits and the newest of the audit log. */
  refresh(): void {
    void this.trail.refresh();
    const currencies = this.#limits.peek().size === 0 ? ['MXN'] : [...this.#limits.peek().keys()];
    currencies.forEach((currency) => void this.#readLimits(currency));
  }

  async #readLimits(currency: string): Promise<void> {
    try {
      const limits = await this.bank.client.tellerLimits(currency);
      this.#limits.value = new Map([...this.#limits.peek(), [currency, limits]]);
    } catch {
      // They are a help, not a condition: the bank holds to them itself, and says so where it refuses.
    }
  }

  #begin(username: string | undefined): void {
    if (username === undefined || username === this.#username) {
      return;
    }
    if (this.#username !== undefined) {
      this.#counter.value = start;
      this.#limits.value = new Map();
      this.search.clear();
      this.trail.forget();
    }
    this.#username = username;
  }

  /** Keeps what becomes of orders, and reads limits and log again whenever one is settled. */
  #follow(orders: readonly Order[]): void {
    const cash = orders.filter(isCash);
    const before = this.#seen.peek();
    if (cash.some((order) => before.get(order.key) !== order)) {
      const kept = [...before, ...cash.map((order) => [order.key, order] as const)].slice(-seenMax);
      this.#seen.value = new Map(kept);
    }
    const news = cash.filter((order) => settled(order) && !this.#settledKeys.has(order.key));
    news.forEach((order) => this.#settledKeys.add(order.key));
    if (news.length > 0) {
      this.refresh();
    }
  }

  #putAway(at: Counter): void {
    const order = at.step === 'order' ? this.#seen.peek().get(at.key) : undefined;
    if (order !== undefined && settled(order)) {
      this.bank.client.dismissOrder(order.key).catch(() => undefined); // it stays in the list of others then
    }
  }
}

/** Does something with a signal's value now, and whenever it changes; what else is read meanwhile does not matter. */
function when<T>(source: ReadonlySignal<T>, act: (value: T) => unknown): void {
  effect(() => {
    const { value } = source;
    untracked(() => void act(value));
  });
}

/** How many orders are kept to be looked at: the one on the screen is always the newest, or was asked for from the list. */
const seenMax = 64;

function isCash(order: Order): order is CashOrder {
  return order.command.kind === 'deposit' || order.command.kind === 'withdraw';
}

/** The order that a review asks for. */
export function commandOf({ customer, account, draft, amountMinor }: Review) {
  return {
    kind: draft.way,
    account: account.clabe,
    amountMinor,
    currency: account.currency,
    memo: draft.memo.normalize('NFC').trim(),
    holder: customer.holder.owner,
  } as const;
}

const desks = new WeakMap<DeskBank, Desk>();

/** The desk of a bank: the same one each time. Only for staff: it asks the bank at once. */
export function deskOf(bank: DeskBank): Desk {
  const desk = desks.get(bank) ?? new Desk(bank);
  desks.set(bank, desk);
  return desk;
}

import { batch, signal, type ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Account, ChannelInfo, Client, Device, Leg, Link, Order, Session } from '../caudal/index.ts';
import { judge, recheckMs, type Freshness, type Hearing } from './freshness.ts';
import type { Movements } from './movements.ts';

export type { Freshness } from './freshness.ts';
export type { Movements } from './movements.ts';

/** A movement as the bank reported it. */
export interface LegEvent {
  readonly account: string;
  readonly leg: Leg;
  /** It happened while this page was live; else it was caught up with. */
  readonly fresh: boolean;
}

/** A page that nobody sees gets no animation frames: it is brought up to date this often instead. */
const hiddenFlushMs = 250;

/** How many accounts' movements are kept at once; the longest unused go first. */
const movementsMax = 16;

/**
 * What the dashboard knows of one bank, as signals over one client. However fast the bank speaks, signals are written at
 * most once a frame.
 */
export class Bank {
  readonly #link;
  readonly #freshness = signal<Freshness>({ kind: 'never' });
  readonly #session;
  readonly #accounts = signal<readonly Account[]>([]);
  readonly #devices = signal<readonly Device[]>([]);
  readonly #orders = signal<readonly Order[]>([]);
  readonly #channel;
  readonly #diverged = signal<ReadonlySet<string>>(new Set());
  readonly #hasDevice;
  readonly #movements = new Map<string, Movements>();
  readonly #legListeners = new Set<(events: readonly LegEvent[]) => void>();
  readonly #dirty = new Set<'accounts' | 'devices' | 'orders'>();
  readonly #stops: (() => void)[] = [];
  #legs: LegEvent[] = [];
  #frame: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly client: Client) {
    this.#link = signal<Link>(client.link);
    this.#session = signal<Session | undefined>(client.session);
    this.#channel = signal<ChannelInfo | undefined>(client.channel);
    this.#hasDevice = signal<boolean | undefined>(client.hasDevice);
    this.#stops.push(
      client.on('link', () => this.#plan()),
      client.on('session', () => this.#plan()),
      client.on('channel', () => this.#plan()),
      client.on('clock', () => this.#plan()),
      client.on('account', () => this.#plan('accounts')),
      client.on('accounts', () => this.#plan('accounts')),
      client.on('devices', () => this.#plan('devices')),
      client.on('order', () => this.#plan('orders')),
      client.on('dismissed', () => this.#plan('orders')),
      client.on('skipped', ({ account }) => this.#movements.get(account)?.reset()),
      client.on('leg', (event) => {
        this.#legs.push(event);
        this.#plan();
      }),
      client.on('diverged', ({ account }) => {
        this.#movements.get(account)?.reset();
        this.#plan();
      }),
    );
    if (typeof document !== 'undefined') {
      // A machine that slept wakes with old figures and with timers that have not run.
      const woken = () => this.#flush();
      document.addEventListener('visibilitychange', woken);
      addEventListener('pageshow', woken);
      this.#stops.push(() => {
        document.removeEventListener('visibilitychange', woken);
        removeEventListener('pageshow', woken);
      });
    }
    this.#dirty.add('accounts').add('devices').add('orders');
    this.#flush();
  }

  /** The state of the connection. */
  get link(): ReadonlySignal<Link> {
    return this.#link;
  }

  /** How old the figures are. */
  get freshness(): ReadonlySignal<Freshness> {
    return this.#freshness;
  }

  /** Who is signed in. It stays while the connection is away. */
  get session(): ReadonlySignal<Session | undefined> {
    return this.#session;
  }

  /** The person's accounts in the order of their opening. */
  get accounts(): ReadonlySignal<readonly Account[]> {
    return this.#accounts;
  }

  /** The person's signed-in devices. */
  get devices(): ReadonlySignal<readonly Device[]> {
    return this.#devices;
  }

  /** What the person ordered on this browser and has not put away, oldest first. */
  get orders(): ReadonlySignal<readonly Order[]> {
    return this.#orders;
  }

  /** The encrypted channel, while there is one. */
  get channel(): ReadonlySignal<ChannelInfo | undefined> {
    return this.#channel;
  }

  /** What the bank calls itself. */
  get name(): string {
    return this.#channel.value?.bankName ?? 'Caudal';
  }

  /** CLABEs of accounts whose history contradicts what this browser has seen before. */
  get diverged(): ReadonlySignal<ReadonlySet<string>> {
    return this.#diverged;
  }

  /** Whether this browser is a device of somebody's; undefined until its store was read. */
  get hasDevice(): ReadonlySignal<boolean | undefined> {
    return this.#hasDevice;
  }

  /**
   * An account's movements, kept up to date while it is among the last used. The same object each time, which `make` makes
   * the first: its code comes with the views that show it, so they ask by `movementsOf`.
   */
  movements(clabe: string, make: () => Movements): Movements {
    const movements = this.#movements.get(clabe) ?? make();
    this.#movements.delete(clabe);
    this.#movements.set(clabe, movements);
    for (const [oldest, unused] of this.#movements) {
      if (this.#movements.size <= movementsMax) {
        break;
      }
      unused.close();
      this.#movements.delete(oldest);
    }
    return movements;
  }

  /** Calls `listen` with the movements of each frame, in the order of the bank. Returns how to stop. */
  onLegs(listen: (events: readonly LegEvent[]) => void): () => void {
    this.#legListeners.add(listen);
    return () => this.#legListeners.delete(listen);
  }

  /** Calls `listen` with each movement. Returns how to stop. */
  onLeg(listen: (event: LegEvent) => void): () => void {
    return this.onLegs((events) => events.forEach(listen));
  }

  /** Closes the client and lets go of the page. */
  close(): void {
    this.client.close();
    this.#stops.forEach((stop) => stop());
    this.#frame?.();
    clearTimeout(this.#timer);
  }

  #plan(what?: 'accounts' | 'devices' | 'orders'): void {
    if (what !== undefined) {
      this.#dirty.add(what);
    }
    this.#frame ??= nextFrame(() => this.#flush());
  }

  #flush(): void {
    this.#frame?.();
    this.#frame = undefined;
    const { client } = this;
    const legs = this.#legs;
    this.#legs = [];
    batch(() => {
      if (client.session?.username !== this.#session.peek()?.username) {
        this.#forget();
      }
      this.#link.value = client.link;
      this.#session.value = client.session;
      this.#channel.value = client.channel;
      this.#hasDevice.value = client.hasDevice;
      if (client.diverged.size !== this.#diverged.peek().size) {
        this.#diverged.value = new Set(client.diverged);
      }
      if (this.#dirty.delete('accounts')) {
        this.#accounts.value = [...client.accounts.values()].sort(byOpening);
      }
      if (this.#dirty.delete('devices')) {
        this.#devices.value = [...client.devices];
      }
      if (this.#dirty.delete('orders')) {
        this.#orders.value = [...client.orders];
      }
      this.#refresh();
      this.#deliver(legs);
    });
  }

  #deliver(legs: readonly LegEvent[]): void {
    for (const [clabe, movements] of this.#movements) {
      const own = legs.filter((event) => event.account === clabe).map((event) => event.leg);
      if (own.length > 0) {
        movements.receive(own);
      }
      const account = this.client.accounts.get(clabe);
      if (account !== undefined && this.client.subscribed) {
        movements.reach(account.seq);
      }
    }
    if (legs.length > 0) {
      this.#legListeners.forEach((listen) => listen(legs));
    }
  }

  /** Another person, or nobody: what the one before saw is none of theirs. */
  #forget(): void {
    this.#movements.forEach((movements) => movements.close());
    this.#movements.clear();
    this.#dirty.add('accounts').add('devices').add('orders');
  }

  #refresh(): void {
    clearTimeout(this.#timer);
    const hearing: Hearing = {
      linkLive: this.client.link.kind === 'live',
      subscribed: this.client.subscribed,
      lastHeardMs: this.client.lastHeardMs,
      heartbeatMs: this.client.heartbeatMs,
    };
    const nowMs = Date.now();
    const freshness = judge(hearing, nowMs);
    if (freshness.kind !== 'live' || this.#freshness.peek().kind !== 'live') {
      this.#freshness.value = freshness;
    }
    const inMs = recheckMs(hearing, nowMs);
    if (inMs !== undefined) {
      this.#timer = setTimeout(() => this.#refresh(), inMs);
    }
  }
}

/** The bank of the page, or of the half of a page, that a component is in. */
export const BankContext = createContext<Bank | undefined>(undefined);

/** The bank that a component is about. */
export function useBank(): Bank {
  const bank = useContext(BankContext);
  if (bank === undefined) {
    throw new Error('there is no bank around this component');
  }
  return bank;
}

function byOpening(a: Account, b: Account): number {
  if (a.openedAtUs !== b.openedAtUs) {
    return a.openedAtUs < b.openedAtUs ? -1 : 1;
  }
  return a.clabe < b.clabe ? -1 : 1;
}

/** Calls `job` with the next frame, or soon where nobody looks. Returns how to call it off. */
function nextFrame(job: () => void): () => void {
  if (typeof document === 'undefined' || document.visibilityState === 'hidden') {
    const timer = setTimeout(job, hiddenFlushMs);
    return () => clearTimeout(timer);
  }
  const frame = requestAnimationFrame(job);
  return () => cancelAnimationFrame(frame);
}

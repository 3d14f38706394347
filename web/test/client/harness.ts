import { Client } from "../../src/caudal/client/client.ts";
import type { Events } from "../../src/caudal/client/events.ts";
import type { CutReason } from "../../src/caudal/client/link.ts";
import { MemoryStore } from "../../src/caudal/client/memory-store.ts";
import type { Order, OrderCommand } from "../../src/caudal/client/order.ts";
import type { Store } from "../../src/caudal/client/store.ts";
import { FakeBank } from "./fake-bank.ts";
import { other, own } from "./fake-ledger.ts";
import { until, World } from "./world.ts";

export const credentials = { username: "ana", password: "correct horse battery" };

/** A client, its bank, and everything it told. */
export class Stage {
  readonly told: { [K in keyof Events]: Events[K][] } = {
    link: [],
    session: [],
    account: [],
    accounts: [],
    leg: [],
    skipped: [],
    devices: [],
    order: [],
    dismissed: [],
    diverged: [],
    channel: [],
    clock: [],
  };

  private constructor(
    readonly world: World,
    readonly bank: FakeBank,
    readonly store: Store,
    readonly client: Client,
  ) {
    for (const kind of Object.keys(this.told) as (keyof Events)[]) this.#record(kind);
  }

  #record<K extends keyof Events>(kind: K): void {
    this.client.on(kind, (event) => void this.told[kind].push(event));
  }

  /** A client that has not started, at a new bank. */
  static async set(store: Store = new MemoryStore()): Promise<Stage> {
    const world = new World();
    return new Stage(world, await FakeBank.open(world), store, newClient(world, store));
  }

  /** Somebody is signed in, and follows one account with this much on it. */
  static async signedIn(balanceMinor = 0n): Promise<Stage> {
    const stage = await Stage.set();
    if (balanceMinor > 0n) await stage.bank.ledger.post(balanceMinor);
    stage.client.start();
    await stage.client.login(credentials);
    await stage.live();
    return stage;
  }

  /** Another page with the same store, as after a reload. */
  reloaded(): Stage {
    this.client.close();
    return new Stage(this.world, this.bank, this.store, newClient(this.world, this.store));
  }

  /** A second page with the same store, while the first goes on. */
  beside(): Stage {
    return new Stage(this.world, this.bank, this.store, newClient(this.world, this.store));
  }

  /** Waits until changes come by themselves. */
  async live(): Promise<void> {
    await until(() => this.client.link.kind === "live" && this.client.subscribed, "a live subscription");
  }

  async linked(kind: Client["link"]["kind"]): Promise<void> {
    await until(() => this.client.link.kind === kind, `a link that is ${kind}`);
  }

  /** Why the link waits; `undefined` where it does not. */
  get why(): CutReason | undefined {
    const { link } = this.client;
    return link.kind === "waiting" ? link.why : undefined;
  }

  /** Milliseconds until the next dial. */
  get dialsIn(): number | undefined {
    const { link } = this.client;
    return link.kind === "waiting" ? link.retryAtMs - this.world.clock.now() : undefined;
  }

  /** Cuts the connection, and waits until that is noticed. */
  async cut(): Promise<void> {
    this.bank.last.cut();
    await this.linked("waiting");
  }

  /** The wait before the next dial ends. */
  async back(): Promise<void> {
    await this.world.clock.advance(20_000);
  }

  /** Waits for the nth state that an order was told to be in. */
  async ordered(state: Order["state"], n = 1): Promise<Order> {
    const those = () => this.told.order.filter((order) => order.state === state);
    await until(() => those().length >= n, `an order that is ${state}`);
    return those()[n - 1] as Order;
  }
}

function newClient(world: World, store: Store): Client {
  const { runtime } = world;
  return new Client({ url: "wss://bank.example/ws", store, program: "test/1", deviceName: "test", runtime });
}

export function pay(amountMinor = 100n, memo = ""): OrderCommand {
  return { kind: "transfer", from: own, to: other, amountMinor, currency: "MXN", memo };
}

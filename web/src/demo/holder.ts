import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { Bank } from '../app/bank.ts';
import { BrowserStore, Client, type Account } from '../caudal/index.ts';

/** Which half of the page: also the name of the half's own store, so that the two are two devices of two people. */
export type Side = 'left' | 'right';

/** The other half. */
export function across(side: Side): Side {
  return side === 'left' ? 'right' : 'left';
}

/** The names under which the two open their accounts. */
const owners: Record<Side, string> = { left: 'Marina Robles', right: 'Tomás Ibarra' };

const usernamePrefix = 'demo_';
const usernameBytes = 5;
const passwordBytes = 24;

/**
 * One of the two people of the page: a holder with a real account, a device key and a connection of their own. Whoever
 * opens the page for the first time registers them, under a password that is used once and kept nowhere: from then on the
 * device's key signs in.
 */
export class Holder {
  readonly #failed = signal<unknown>(undefined);
  readonly #stop: () => void;
  #registering = false;

  private constructor(
    readonly side: Side,
    readonly bank: Bank,
  ) {
    this.#stop = effect(() => {
      if (bank.hasDevice.value === false && bank.session.value === undefined && bank.link.value.kind !== 'stopped') {
        void this.#register();
      }
    });
  }

  /** Opens the holder's store and begins to connect to the bank at `url`. Rejects with `StoreError`. */
  static async open(side: Side, url: string): Promise<Holder> {
    const store = await BrowserStore.open(`caudal-demo-${side}`);
    const client = new Client({ url, store, program: 'caudal-demo/1.0', deviceName: `Demo (${side})` });
    client.start();
    return new Holder(side, new Bank(client));
  }

  /** Why the holder could not be registered, if so. */
  get failed(): ReadonlySignal<unknown> {
    return this.#failed;
  }

  /** The one account that the page shows: the oldest. */
  get account(): Account | undefined {
    return this.bank.accounts.value[0];
  }

  /** Tries again after a failure, or after the holder's device was revoked. */
  again(): void {
    this.bank.client.start();
    void this.#register();
  }

  close(): void {
    this.#stop();
    this.bank.close();
  }

  async #register(): Promise<void> {
    if (this.#registering || this.bank.client.hasDevice === true) {
      return;
    }
    this.#registering = true;
    this.#failed.value = undefined;
    try {
      await this.bank.client.register({
        username: usernamePrefix + random(usernameBytes),
        owner: owners[this.side],
        password: random(passwordBytes),
      });
    } catch (error) {
      this.#failed.value = error;
    } finally {
      this.#registering = false;
    }
  }
}

/** `bytes` random bytes as hexadecimal digits. */
function random(bytes: number): string {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

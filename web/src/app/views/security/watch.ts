import { effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import type { Device, Link } from '../../../caudal/index.ts';
import { toast } from '../../announce.ts';
import type { Bank } from '../../bank.ts';
import { catalogue } from '../../i18n.ts';
import { route } from '../../router.ts';
import { deviceId, Newcomers } from './devices.ts';

const t = catalogue(
  'security.watch',
  {
    newDevice: (name: string) => `Entró un dispositivo nuevo: ${name}`,
    newDeviceDetail: 'Si no fuiste tú, revócalo ahora',
  },
  {
    newDevice: (name) => `A new device signed in: ${name}`,
    newDeviceDetail: 'If that was not you, revoke it now',
  },
);

/** Watch keeps an eye on who signs in as the person, and on how often the connection came back, from sign-in to sign-out. */
export class Watch {
  readonly #strangers = signal<readonly Device[]>([]);
  readonly #reconnections = signal(0);
  readonly #newcomers = new Newcomers();
  #username: string | undefined;
  #link: Link['kind'];
  #wasLive = false;

  constructor(bank: Bank) {
    this.#link = bank.client.link.kind;
    this.#wasLive = this.#link === 'live';
    // The client itself, not its signal: a cut and a return within one frame are a reconnection all the same.
    bank.client.on('link', (link) => this.#linked(link.kind));
    effect(() => {
      const [username, devices] = [bank.session.value?.username, bank.devices.value];
      untracked(() => this.#look(username, devices));
    });
  }

  /** Devices that appeared, until the person has said that they know them or they are gone. */
  get strangers(): ReadonlySignal<readonly Device[]> {
    return this.#strangers;
  }

  /** How often the connection was lost and came back in this session. */
  get reconnections(): ReadonlySignal<number> {
    return this.#reconnections;
  }

  /** The person knows the device. */
  know(id: string): void {
    this.#strangers.value = this.#strangers.peek().filter((d) => deviceId(d) !== id);
  }

  #linked(kind: Link['kind']): void {
    if (kind === 'live' && this.#link !== 'live') {
      if (this.#wasLive) {
        this.#reconnections.value = this.#reconnections.peek() + 1;
      }
      this.#wasLive = true;
    }
    this.#link = kind;
  }

  #look(username: string | undefined, devices: readonly Device[]): void {
    if (username !== this.#username) {
      this.#username = username;
      this.#newcomers.forget();
      this.#strangers.value = [];
      this.#reconnections.value = 0;
      this.#wasLive = this.#link === 'live';
    }
    if (username === undefined || devices.length === 0) {
      return;
    }
    const there = new Map(devices.map((d) => [deviceId(d), d]));
    const still = this.#strangers.peek().flatMap((d) => there.get(deviceId(d)) ?? []);
    const arrived = this.#newcomers.among(devices);
    this.#strangers.value = [...arrived, ...still];
    if (route.peek().view === 'security') {
      return; // the view itself says it, as loudly
    }
    for (const device of arrived) {
      toast({ tone: 'danger', text: t.newDevice(device.name), detail: t.newDeviceDetail, to: '/security' });
    }
  }
}

const watches = new WeakMap<Bank, Watch>();

/** watch returns the bank's one watch; the first call starts it, so that a page calls it once at its start. */
export function watch(bank: Bank): Watch {
  const there = watches.get(bank) ?? new Watch(bank);
  watches.set(bank, there);
  return there;
}

import { signal, type ReadonlySignal } from '@preact/signals';

const left = signal(false);
let tabs: BroadcastChannel | undefined;

/** Whether another tab of this browser signed out, since `followLeaving`. */
export const leftElsewhere: ReadonlySignal<boolean> = left;

/** Tells the other tabs that the person signs out here: what ends there is no alarm. */
export function tellLeaving(): void {
  tabs?.postMessage('leaving');
}

/** Listens to the other tabs from now on, as often as it is called, until the page is closed: the bank ends the sign-in later. */
export function followLeaving(): void {
  left.value = false;
  tabs ??= new BroadcastChannel('caudal sign-out');
  tabs.onmessage = () => {
    left.value = true;
  };
}

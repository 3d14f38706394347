import { computed, signal, type ReadonlySignal } from '@preact/signals';

const open = signal<readonly string[]>([]);

/** The id of the modal dialog that lies above all the page; undefined where none does. */
export const topmostDialog: ReadonlySignal<string | undefined> = computed(() => open.value.at(-1));

/** Takes note of a dialog that lies above the others from now on. Returns how to take note that it is closed. */
export function dialogOpened(id: string): () => void {
  open.value = [...open.peek(), id];
  return () => {
    open.value = open.peek().filter((other) => other !== id);
  };
}

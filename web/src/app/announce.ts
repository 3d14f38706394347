import { signal, type ReadonlySignal } from '@preact/signals';

/** What a toast is about; it decides the icon and the colour, never alone: the text says it too. */
export type ToastTone = 'in' | 'done' | 'note' | 'danger';

/** A short message that appears for a while and takes no focus. */
export interface Toast {
  readonly id: number;
  readonly tone: ToastTone;
  readonly text: string;
  /** A second, quieter line. */
  readonly detail?: string;
  /** A path of the router that the toast leads to. */
  readonly to?: string;
}

/** How many toasts are on the screen at most: more than three is a wall that nobody reads. */
export const toastsMax = 3;

/** How long a toast stays, unless the pointer or the focus is on it. */
export const toastMs = 6000;

const shown = signal<readonly Toast[]>([]);
const spoken = signal('');
let nextId = 1;

/** The toasts on the screen, oldest first. */
export const toasts: ReadonlySignal<readonly Toast[]> = shown;

/** What the page's one polite live region says. */
export const announcement: ReadonlySignal<string> = spoken;

/** Shows a toast and says it politely to assistive technology. Returns its id, for `dismissToast`. */
export function toast(content: string | Omit<Toast, 'id' | 'tone'> & { tone?: ToastTone }): number {
  const { tone = 'note', ...rest } = typeof content === 'string' ? { text: content } : content;
  const added: Toast = { id: nextId++, tone, ...rest };
  shown.value = [...shown.value, added].slice(-toastsMax);
  announce(rest.detail === undefined ? rest.text : `${rest.text}. ${rest.detail}`);
  return added.id;
}

/** Takes a toast off the screen; one that has gone already is no mistake. */
export function dismissToast(id: number): void {
  if (shown.value.some((t) => t.id === id)) {
    shown.value = shown.value.filter((t) => t.id !== id);
  }
}

/** Takes all toasts off the screen, and what was said out of the page: what they tell is for whoever was signed in. */
export function clearToasts(): void {
  shown.value = [];
  spoken.value = '';
}

/** Says a text politely to assistive technology, without showing it. The same text twice is said twice. */
export function announce(text: string): void {
  // A live region speaks when its text changes: a trailing no-break space makes the same words another text.
  spoken.value = text === spoken.value ? `${text}\u00a0` : text;
}

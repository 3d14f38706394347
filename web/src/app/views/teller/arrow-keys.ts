import type { RefObject } from 'preact';
import { moved } from '../../ui/tabs.tsx';

/** chooseByArrows moves the focus among the buttons of a list; from the first one up it goes to what stands before it. */
export function chooseByArrows(event: KeyboardEvent, list: HTMLElement, before?: RefObject<HTMLElement | null>): void {
  const buttons = [...list.querySelectorAll<HTMLButtonElement>('button:not(:disabled)')];
  const at = buttons.findIndex((button) => button === document.activeElement);
  if (event.key === 'ArrowUp' && at === 0 && before?.current) {
    event.preventDefault();
    before.current.focus();
    return;
  }
  const to = at < 0 ? undefined : moved(event.key, at, buttons.length);
  if (to !== undefined) {
    event.preventDefault();
    buttons[to]?.focus();
  }
}

/** focusFirst puts the focus on the first button of a list that can be pressed. */
export function focusFirst(list: HTMLElement | null): void {
  list?.querySelector<HTMLButtonElement>('button:not(:disabled)')?.focus();
}

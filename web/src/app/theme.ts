import { effect, signal } from '@preact/signals';
import { remember, remembered } from './remember.ts';

/** How the dashboard is lit: as the system is, or as the person chose. */
export type Theme = 'system' | 'light' | 'dark';

const themeKey = 'caudal.theme';

/** The chosen theme. Write it to switch. */
export const theme = signal<Theme>(initialTheme());

/** Keeps `data-theme` on `<html>` and this browser's memory in step with `theme`. Call once, in a page. */
export function followTheme(): () => void {
  return effect(() => {
    const chosen = theme.value;
    if (chosen === 'system') {
      delete document.documentElement.dataset['theme'];
    } else {
      document.documentElement.dataset['theme'] = chosen;
    }
    remember(themeKey, chosen);
  });
}

function initialTheme(): Theme {
  const chosen = remembered(themeKey);
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

import { effect, signal } from '@preact/signals';
import { remember, remembered } from './remember.ts';

/** A language of the dashboard, as BCP 47. */
export type Language = 'es-MX' | 'en';

/** The languages, each with its own name for itself. */
export const languages: readonly { code: Language; name: string }[] = [
  { code: 'es-MX', name: 'Español' },
  { code: 'en', name: 'English' },
];

/** One text: words, or words around something that is only known later. */
export type Text = string | ((...args: never[]) => string);

/** Texts by key. */
export type Texts = Record<string, Text>;

type Translation<T extends Texts> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] };

const languageKey = 'caudal.language';

/** The language in which the dashboard speaks now. Write it to switch. */
export const language = signal<Language>(initialLanguage());

/** All catalogues by area, for the test that compares them. */
export const catalogues = new Map<string, { es: Texts; en: Texts }>();

/**
 * Returns the texts of an area. Reading one reads the `language` signal, so a component that shows it renders again when the
 * person switches. `en` must have the keys of `es`, with the same parameters.
 */
export function catalogue<const T extends Texts>(area: string, es: T, en: Translation<T>): Translation<T> {
  catalogues.set(area, { es, en });
  const texts = {} as Translation<T>;
  for (const key of Object.keys(es)) {
    Object.defineProperty(texts, key, {
      enumerable: true,
      get: () => (language.value === 'en' ? en : es)[key],
    });
  }
  return texts;
}

/** Keeps `<html lang>` and this browser's memory in step with `language`. Call once, in a page. */
export function followLanguage(): () => void {
  return effect(() => {
    document.documentElement.lang = language.value;
    remember(languageKey, language.value);
  });
}

/** What the person chose before; else the first of the browser's languages that is spoken here; else Spanish. */
function initialLanguage(): Language {
  const chosen = remembered(languageKey);
  if (chosen === 'es-MX' || chosen === 'en') {
    return chosen;
  }
  const wanted = typeof navigator === 'undefined' ? [] : (navigator.languages ?? []);
  const first = wanted.find((tag) => /^(es|en)\b/i.test(tag));
  return first !== undefined && /^en/i.test(first) ? 'en' : 'es-MX';
}

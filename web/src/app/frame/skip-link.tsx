import { t } from './text.ts';

/** The first thing that the keyboard finds. The address stays: a hash is a route here. */
export function SkipLink() {
  return (
    <a
      class="skip"
      href="#main"
      onClick={(event) => {
        event.preventDefault();
        document.getElementById('main')?.focus();
      }}
    >
      {t.skip}
    </a>
  );
}

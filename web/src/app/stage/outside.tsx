import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { LinkPill } from '../frame/link-pill.tsx';
import { Preferences } from '../frame/preferences.tsx';
import { SkipLink } from '../frame/skip-link.tsx';
import { Brand } from '../frame/brand.tsx';
import { t } from '../frame/text.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Toasts } from '../ui/toasts.tsx';

/** What is around the pages of whoever is not signed in. */
export function Outside({ children }: { children: ComponentChildren }) {
  const [menu, setMenu] = useState(false);
  return (
    <>
      <SkipLink />
      <div class="outside">
        <header class="top">
          <Brand />
          <LinkPill />
          <div class="top-preferences">
            <Preferences small />
          </div>
          <Button class="top-menu" icon="sliders" aria-label={t.preferences} title={t.preferences} onClick={() => setMenu(true)} />
        </header>
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
      <Dialog open={menu} onClose={() => setMenu(false)} title={t.preferences}>
        <Preferences />
      </Dialog>
      <Toasts />
    </>
  );
}

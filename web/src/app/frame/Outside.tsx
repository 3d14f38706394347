import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button, Dialog } from '../ui/index.ts';
import { LinkPill } from './LinkPill.tsx';
import { Preferences } from './Preferences.tsx';
import { Brand } from './Rail.tsx';
import { t } from './text.ts';

/** What is around the pages of whoever is not signed in. */
export function Outside({ children }: { children: ComponentChildren }) {
  const [menu, setMenu] = useState(false);
  return (
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
      <Dialog open={menu} onClose={() => setMenu(false)} title={t.preferences}>
        <Preferences />
      </Dialog>
    </div>
  );
}

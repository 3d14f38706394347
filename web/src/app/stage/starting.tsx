import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { StoreError } from '../../caudal/index.ts';
import { Coming, lazily } from '../lazy.tsx';

/** How long a browser may take over its own storage before that is said. */
const patienceMs = 6000;

const silent = new StoreError('unavailable', 'the browser does not answer');

const Broken = lazily(async () => ({ default: (await import('../views/signin/stop-page.tsx')).Broken }));

/** The stage while the browser's storage is read, or of a page that could not start. It goes when the storage answers. */
export function Starting({ error }: { error?: unknown }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  return <Bare>{error !== undefined || late ? <Broken error={error ?? silent} /> : <Coming />}</Bare>;
}

/** What is around a page before anything of it is here. */
export function Bare({ children }: { children: ComponentChildren }) {
  return (
    <div class="outside">
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

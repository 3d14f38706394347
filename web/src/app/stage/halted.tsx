import { useEffect } from 'preact/hooks';
import type { Halt } from '../halt.ts';
import { StopPage } from '../views/signin/stop-page.tsx';
import { Outside } from './outside.tsx';

/** The stage where the bank cannot be talked to for good. */
export default function Halted({ why }: { why: Halt }) {
  useEffect(() => {
    const heading = document.querySelector<HTMLElement>('#main h1');
    heading?.focus();
    document.title = `${heading?.textContent ?? ''} · Caudal`;
  }, [why.code]);
  return (
    <Outside>
      <StopPage why={why} />
    </Outside>
  );
}

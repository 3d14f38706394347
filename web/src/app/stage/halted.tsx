import { useEffect } from 'preact/hooks';
import type { Halt } from '../halt.ts';
import { language } from '../i18n.ts';
import { StopPage } from '../views/signin/stop-page.tsx';
import { Outside } from './outside.tsx';

/** The stage where the bank cannot be talked to for good. */
export default function Halted({ why }: { why: Halt }) {
  const spoken = language.value;
  useEffect(() => document.querySelector<HTMLElement>('#main h1')?.focus(), [why.code]);
  useEffect(() => {
    document.title = `${document.querySelector('#main h1')?.textContent ?? ''} · Caudal`;
  }, [why.code, spoken]);
  return (
    <Outside>
      <StopPage why={why} />
    </Outside>
  );
}

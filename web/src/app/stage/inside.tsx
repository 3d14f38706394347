import { useEffect } from 'preact/hooks';
import type { Session } from '../../caudal/index.ts';
import { clearToasts } from '../announce.ts';
import { useBank } from '../bank.ts';
import { FreshnessBar } from '../frame/freshness-bar.tsx';
import { followNews } from '../frame/news.ts';
import { Rail } from '../frame/rail.tsx';
import { SkipLink } from '../frame/skip-link.tsx';
import { ViewPort } from '../frame/viewport.tsx';
import { followLeaving } from '../leaving.ts';
import { Toasts } from '../ui/toasts.tsx';
import { OrdersStrip } from '../views/orders/index.tsx';
import { watch } from '../views/security/watch.ts';

/** The stage of whoever is signed in: the views, and what is around all of them. */
export default function Inside({ session }: { session: Session }) {
  const bank = useBank();
  useEffect(() => followNews(bank), [bank]);
  useEffect(() => clearToasts, []);
  useEffect(followLeaving, []);
  useEffect(() => void watch(bank), [bank]);
  return (
    <>
      <SkipLink />
      <div class="frame">
        <Rail session={session} />
        <main id="main" tabIndex={-1}>
          <FreshnessBar />
          <OrdersStrip />
          <ViewPort />
        </main>
      </div>
      <Toasts />
    </>
  );
}

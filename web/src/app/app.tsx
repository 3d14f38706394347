import { useEffect, useState } from 'preact/hooks';
import { BankContext, useBank, type Bank } from './bank.ts';
import { FreshnessBar } from './frame/FreshnessBar.tsx';
import { Outside } from './frame/Outside.tsx';
import { Rail } from './frame/Rail.tsx';
import { SkipLink } from './frame/SkipLink.tsx';
import { t } from './frame/text.ts';
import { followNews } from './frame/news.ts';
import { ViewPort } from './frame/ViewPort.tsx';
import { go, route } from './router.ts';
import { Skeleton, Toasts } from './ui/index.ts';
import { OrdersStrip } from './views/orders/index.tsx';
import { watch } from './views/security/watch.ts';
import SignIn from './views/signin/index.tsx';
import { StopPage } from './views/signin/StopPage.tsx';

/** The dashboard of one bank. */
export function App({ bank }: { bank: Bank }) {
  useEffect(() => followNews(bank), [bank]);
  useEffect(() => void watch(bank), [bank]);
  return (
    <BankContext.Provider value={bank}>
      <SkipLink />
      <Stage />
      <Toasts />
    </BankContext.Provider>
  );
}

/** Which of the pages stands: stopped, not signed in, being recognised, or the bank. */
function Stage() {
  const bank = useBank();
  const link = bank.link.value;
  const session = bank.session.value;
  const revoked = useEnded(bank);
  useEffect(() => {
    if (session !== undefined && route.peek().view === 'signin') {
      go('/', { replace: true });
    }
  }, [session]);
  if (link.kind === 'stopped') {
    const { why } = link;
    if (why.code !== 'device_revoked' && why.code !== 'logged_out' && why.code !== 'closed') {
      return (
        <Outside>
          <StopPage why={why} />
        </Outside>
      );
    }
  }
  if (session !== undefined) {
    return (
      <div class="frame">
        <Rail session={session} />
        <main id="main" tabIndex={-1}>
          <FreshnessBar />
          <OrdersStrip />
          <ViewPort />
        </main>
      </div>
    );
  }
  if (bank.hasDevice.value === false) {
    return (
      <Outside>
        <SignIn revoked={revoked} />
      </Outside>
    );
  }
  return (
    <Outside>
      <div class="recognising" data-testid="recognising">
        <FreshnessBar />
        <p class="muted">{t.recognising}</p>
        <Skeleton figure lines={2} />
      </div>
    </Outside>
  );
}

/**
 * After the bank ended a sign-in the client rests; it dials again for the sign-in page. Tells whether it ended because the
 * device was revoked, until somebody signs in.
 */
function useEnded(bank: Bank): boolean {
  const [revoked, setRevoked] = useState(false);
  const link = bank.link.value;
  const signedIn = bank.session.value !== undefined;
  useEffect(() => {
    if (link.kind === 'stopped' && (link.why.code === 'device_revoked' || link.why.code === 'logged_out')) {
      setRevoked(link.why.code === 'device_revoked');
      bank.client.start();
    }
  }, [bank, link]);
  useEffect(() => {
    if (signedIn) {
      setRevoked(false);
    }
  }, [signedIn]);
  return revoked;
}

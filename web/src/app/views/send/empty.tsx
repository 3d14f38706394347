import { useEffect, useState } from 'preact/hooks';
import { EmptyState, Link, Skeleton } from '../../ui/index.ts';
import { t } from './text.ts';

/** What stands where money could be moved between accounts, for whoever has one. */
export function OneAccount() {
  return (
    <div class="card">
      <EmptyState icon="accounts" title={t.oneAccount} action={<Link button="primary" to="/open">{t.openAnother}</Link>}>
        {t.oneAccountMore}
      </EmptyState>
    </div>
  );
}

/** What stands in Send for whoever has no account, such as staff. */
export function NoAccount() {
  return (
    <div class="send">
      <h1>{t.title}</h1>
      <div class="card">
        <EmptyState icon="accounts" title={t.noAccounts} action={<Link button="primary" to="/open">{t.openFirst}</Link>}>
          {t.noAccountsMore}
        </EmptyState>
      </div>
    </div>
  );
}

/** The orders are read from this browser's store a moment after signing in. */
const readMs = 1_500;

/** What stands at the address of an order that this browser has no note of. */
export function Missing({ title, more, to, label }: { title: string; more: string; to: string; label: string }) {
  const [read, setRead] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setRead(true), readMs);
    return () => clearTimeout(timer);
  }, []);
  if (!read) return <Skeleton lines={3} figure />;
  return (
    <div class="send">
      <div class="card">
        <EmptyState icon="movements" title={title} action={<Link button="quiet" to={to}>{label}</Link>}>
          {more}
        </EmptyState>
      </div>
    </div>
  );
}

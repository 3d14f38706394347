import { useBank } from '../../bank.ts';
import { route } from '../../router.ts';
import { EmptyState, Link, Skeleton } from '../../ui/index.ts';
import { AccountView } from './account-view.tsx';
import { Overview } from './overview.tsx';
import { t } from './text.ts';

/** `/`: all accounts, or the only one; `/account/CLABE`: one of several. */
export default function View() {
  const bank = useBank();
  const accounts = bank.accounts.value;
  const [, clabe] = route.value.parts;
  const [only, ...others] = accounts;
  if (only === undefined) {
    // Before the bank has said which accounts there are, none is not the same as no account.
    if (bank.freshness.value.kind !== 'live') return <Waiting />;
    return (
      <>
        <h1 class="read" tabIndex={-1}>
          {t.title}
        </h1>
        <EmptyState
          icon="accounts"
          title={t.noAccounts}
          action={
            <Link to="/open" button="primary">
              {t.openFirst}
            </Link>
          }
        >
          {t.noAccountsText}
        </EmptyState>
      </>
    );
  }
  if (clabe === undefined && others.length > 0) return <Overview accounts={accounts} />;
  const account = clabe === undefined ? only : accounts.find((a) => a.clabe === clabe);
  if (account !== undefined) return <AccountView account={account} several={others.length > 0} />;
  return (
    <>
      <h1 class="read" tabIndex={-1}>
        {t.title}
      </h1>
      <EmptyState icon="search" title={t.unknown} action={<Link to="/">{t.toAccounts}</Link>}>
        {t.unknownText}
      </EmptyState>
    </>
  );
}

function Waiting() {
  return (
    <div class="acct">
      <h1 class="read" tabIndex={-1}>
        {t.waiting}
      </h1>
      <div class="card">
        <Skeleton figure lines={3} />
      </div>
    </div>
  );
}

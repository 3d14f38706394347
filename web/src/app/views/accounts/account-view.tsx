import { type Account, AccountStatus } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { Icon, Link } from '../../ui/index.ts';
import { AccountName } from './account-name.tsx';
import { Balance, Clabe, Warnings } from './balance.tsx';
import { BalanceChart } from './chart.tsx';
import { Newest } from './newest.tsx';
import { t } from './text.ts';

/** One account: what it holds, how it came to that, and what has just happened. */
export function AccountView({ account, several }: { account: Account; several: boolean }) {
  return (
    <div class="acct">
      {several && (
        <nav class="acct-nav" aria-label={t.title}>
          <Link to="/" class="acct-back">
            <Icon name="back" />
            {t.allAccounts}
          </Link>
        </nav>
      )}
      <Warnings account={account} />
      <div class="acct-columns">
        <div class="acct-main">
          <section class="card acct-hero">
            <AccountName key={account.clabe} account={account} />
            <Balance account={account} size="hero" />
            <div class="acct-foot">
              <Clabe clabe={account.clabe} />
              {account.status !== AccountStatus.FROZEN && (
                <Link to={`/send?from=${account.clabe}`} button="primary">
                  <Icon name="send" />
                  {t.send}
                </Link>
              )}
            </div>
          </section>
          {account.seq > 0n && <BalanceChart key={account.clabe} account={account} />}
        </div>
        <Newest key={account.clabe} account={account} title={t.newest} />
      </div>
      {!several && <OpenAnother />}
    </div>
  );
}

/** The way to another account. */
export function OpenAnother() {
  return (
    <p>
      <Link to="/open" class="acct-open">
        <Icon name="plus" />
        {t.openAnother}
      </Link>
    </p>
  );
}

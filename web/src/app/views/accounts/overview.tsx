import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { useBank } from '../../bank.ts';
import { count } from '../../format.ts';
import { Figure, Icon, Link } from '../../ui/index.ts';
import { OpenAnother } from './account-view.tsx';
import { Balance, Clabe, Warnings } from './balance.tsx';
import { FreshnessMark } from './freshness-mark.tsx';
import { Newest } from './newest.tsx';
import { t } from './text.ts';
import { totals } from './totals.ts';

/** Several accounts: what they hold together, each of them, and what has just happened. */
export function Overview({ accounts }: { accounts: readonly Account[] }) {
  const freshness = useBank().freshness.value;
  const moved = accounts.filter((account) => account.seq > 0n).slice(0, listsMax);
  return (
    <div class="acct">
      <header class="acct-totals">
        <h1 class="read" tabIndex={-1}>
          {t.title}
        </h1>
        {totals(accounts).map((total) => (
          <div key={total.currency} class="acct-total">
            <p class="acct-label">
              {t.total} {total.accounts > 1 && t.totalOf(count(total.accounts))}
            </p>
            <Figure
              data-testid={`total-${total.currency}`}
              amountMinor={total.balanceMinor}
              currency={total.currency}
              size="hero"
              freshness={freshness}
            />
          </div>
        ))}
        <FreshnessMark freshness={freshness} />
      </header>
      {accounts.map((account) => (
        <Warnings key={account.clabe} account={account} among />
      ))}
      <ul class="acct-cards">
        {accounts.map((account) => (
          <AccountCard key={account.clabe} account={account} />
        ))}
      </ul>
      <OpenAnother />
      {moved.length > 0 && (
        <section class="stack" aria-labelledby="acct-newest">
          <h2 id="acct-newest">{t.newest}</h2>
          <div class="acct-lists">
            {moved.map((account) => (
              <Newest key={account.clabe} account={account} title={account.name} level={3} />
            ))}
          </div>
        </section>
      )}
    </div>
  );
}

/** Accounts whose newest movements are shown at once: each is a question to the bank, and a screen to scroll past. */
const listsMax = 4;

function AccountCard({ account }: { account: Account }) {
  return (
    <li class="card acct-card">
      <h2>
        <Link to={`/account/${account.clabe}`} class="acct-card-link">
          {account.name}
          <Icon name="chevron" />
        </Link>
      </h2>
      <Balance account={account} size="large" />
      <Clabe clabe={account.clabe} />
    </li>
  );
}

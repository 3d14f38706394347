import { useEffect, useRef } from 'preact/hooks';
import { AccountStatus, type Account } from '../../../caudal/index.ts';
import { Amount, groupClabe, Icon } from '../../ui/index.ts';
import { chooseByArrows, focusFirst } from './arrow-keys.ts';
import type { Customer } from './counter.ts';
import { CustomerHead } from './customer-head.tsx';
import type { Desk } from './desk.ts';
import { t } from './text.ts';

/** Which of the holder's accounts. */
export function AccountStep({ desk, customer }: { desk: Desk; customer: Customer }) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => focusFirst(list.current), []);
  const question = t.chooseAccount(customer.holder.owner);
  return (
    <div class="stack">
      <CustomerHead desk={desk} customer={customer} />
      <p>{question}</p>
      <ul class="picks" ref={list} aria-label={question} onKeyDown={(event) => chooseByArrows(event, event.currentTarget)}>
        {customer.holder.accounts.map((account) => (
          <li key={account.clabe}>
            <AccountChoice account={account} onChoose={() => desk.move({ kind: 'choose_account', account })} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function AccountChoice({ account, onChoose }: { account: Account; onChoose: () => void }) {
  const frozen = account.status === AccountStatus.FROZEN;
  return (
    <button type="button" class="pick" disabled={frozen} onClick={onChoose} data-testid="holder-account">
      <span class="pick-text">
        <span class="pick-name">{account.name}</span>
        <span class="pick-detail figures">{groupClabe(account.clabe)}</span>
        {frozen && <span class="pick-frozen">{t.frozenText}</span>}
      </span>
      <span class="pick-money">
        <Amount amountMinor={account.balanceMinor} currency={account.currency} class="pick-balance" />
        {account.availableMinor !== account.balanceMinor && (
          <span class="pick-detail">
            {t.available} <Amount amountMinor={account.availableMinor} currency={account.currency} />
          </span>
        )}
      </span>
      {frozen ? <Icon name="lock" label={t.frozen} /> : <Icon name="chevron" class="pick-arrow" />}
    </button>
  );
}

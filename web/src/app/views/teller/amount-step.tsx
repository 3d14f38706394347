import { useEffect, useRef, useState } from 'preact/hooks';
import type { Account, TellerLimits } from '../../../caudal/index.ts';
import { money, parseMoney, time } from '../../format.ts';
import { Amount, Button, Field, groupClabe, MoneyField, Segmented } from '../../ui/index.ts';
import type { Counter, Draft } from './counter.ts';
import { CustomerHead, microseconds } from './customer-head.tsx';
import type { Desk } from './desk.ts';
import { balanceAfter, left, obstacle } from './limits.ts';
import { t } from './text.ts';

/** Longest memo in characters, as the bank has it. */
const memoMax = 140;

/** What is done, how much, and what for. */
export function AmountStep({ desk, at }: { desk: Desk; at: Extract<Counter, { step: 'amount' }> }) {
  const { customer, account, draft } = at;
  const [asked, setAsked] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const limits = desk.limits(account.currency);
  const amountMinor = parseMoney(draft.amount, account.currency);
  const problem = complaint(draft, amountMinor, account, limits, asked);
  const edit = (change: Partial<Draft>) => desk.move({ kind: 'draft', draft: { ...draft, ...change } });
  const review = () => {
    setAsked(true);
    if (amountMinor !== undefined && obstacle(draft.way, amountMinor, account, limits) === 'none') {
      desk.move({ kind: 'review', amountMinor });
    } else {
      field.current?.focus();
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        review();
      }}
    >
      <CustomerHead desk={desk} customer={customer} />
      <AccountLine account={account} />
      <Segmented
        label={t.operation}
        value={draft.way}
        choices={[
          { value: 'deposit', label: t.deposit, icon: 'arrowIn' },
          { value: 'withdraw', label: t.withdraw, icon: 'arrowOut' },
        ]}
        onValue={(way) => edit({ way })}
      />
      <MoneyField
        label={t.amount}
        large
        currency={account.currency}
        value={draft.amount}
        inputRef={field}
        enterKeyHint="next"
        error={problem}
        hint={limits === undefined ? '' : t.amountHint(money(left(limits, draft.way).operationMinor, account.currency))}
        onValue={(amount) => edit({ amount })}
        data-testid="cash-amount"
      />
      <Field
        label={t.memo}
        aside={t.memoAside}
        value={draft.memo}
        maxLength={memoMax}
        autocomplete="off"
        enterKeyHint="done"
        hint={t.memoHint([...draft.memo].length)}
        onValue={(memo) => edit({ memo })}
        data-testid="cash-memo"
      />
      {amountMinor !== undefined && amountMinor > 0n && problem === '' && (
        <p class="counter-after">
          <span>
            {t.after} <Amount amountMinor={balanceAfter(draft.way, amountMinor, account)} currency={account.currency} class="counter-after-amount" />
          </span>
          <span class="muted">{t.afterHint(time(microseconds(customer.asOfMs)))}</span>
        </p>
      )}
      <Button kind="primary" type="submit" wide data-testid="cash-review">
        {t.review}
      </Button>
    </form>
  );
}

/** The account in one line, with what is on it. */
function AccountLine({ account }: { account: Account }) {
  return (
    <dl class="account-line">
      <div class="account-line-name">
        <dt>{account.name}</dt>
        <dd class="figures muted">{groupClabe(account.clabe)}</dd>
      </div>
      <div>
        <dt class="muted">{t.balance}</dt>
        <dd>
          <Amount amountMinor={account.balanceMinor} currency={account.currency} />
        </dd>
      </div>
      <div>
        <dt class="muted">{t.available}</dt>
        <dd>
          <Amount amountMinor={account.availableMinor} currency={account.currency} />
        </dd>
      </div>
    </dl>
  );
}

/** What is wrong with the amount; what is merely missing is said only once the person wanted to go on. */
function complaint(draft: Draft, amountMinor: bigint | undefined, account: Account, limits: TellerLimits | undefined, asked: boolean): string {
  if (amountMinor === undefined) {
    return draft.amount.trim() === '' && !asked ? '' : t.badAmount;
  }
  switch (obstacle(draft.way, amountMinor, account, limits)) {
    case 'none':
      return '';
    case 'zero':
      return asked ? t.zero : '';
    case 'frozen':
      return t.frozenText;
    case 'over_operation':
      return t.overOperation(money(limits?.operationMaxMinor ?? 0n, account.currency));
    case 'over_day':
      return t.overDay(money(limits === undefined ? 0n : left(limits, draft.way).dayMinor, account.currency));
    case 'insufficient':
      return t.insufficient(money(account.availableMinor, account.currency));
  }
}

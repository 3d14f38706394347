import { useEffect, useRef, useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { go } from '../../router.ts';
import { Button, Field } from '../../ui/index.ts';
import { AccountSelect } from './account-select.tsx';
import { AmountField } from './amount-field.tsx';
import type { Desk } from './desk.ts';
import type { Draft } from './flow.ts';
import { memoMax, readMemo } from './memo.ts';
import { OwnAccounts } from './own-accounts.tsx';
import { PayeeField } from './payee-field.tsx';
import { PayeeKnown } from './payee-known.tsx';
import { t } from './text.ts';
import { amountError, amountHint, memoError, type Strictness } from './words.ts';

/** What a payment is made of. Problems show where they are once a field was left, and all of them once somebody goes on. */
export function Form({ desk, draft }: { desk: Desk; draft: Draft }) {
  const form = useRef<HTMLFormElement>(null);
  const [left, setLeft] = useState<{ payee?: true; amount?: true }>({});
  const [submitted, setSubmitted] = useState(0);
  const { accounts } = useBank();
  const checked = desk.checked.value;
  const { problems, from } = checked;
  const own = draft.mode === 'own';
  const strict = (field: 'payee' | 'amount'): Strictness => (submitted > 0 ? 'submitted' : left[field] ? 'left' : 'typing');
  const leave = (field: 'payee' | 'amount') => () => setLeft((before) => ({ ...before, [field]: true }));
  const memo = readMemo(draft.memo);
  const fromError = problems.from === 'frozen' ? t.frozen : problems.from === 'none' ? t.noAccount : undefined;
  useEffect(() => {
    if (submitted > 0) form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus();
  }, [submitted]);

  const submit = (event: Event) => {
    event.preventDefault();
    desk.lookUpNow();
    if (desk.review()) go('/send/review');
    else setSubmitted((n) => n + 1);
  };

  return (
    <form class="card send-form" ref={form} onSubmit={submit} noValidate data-testid="send-form">
      {own ? (
        <OwnAccounts {...{ desk, draft, fromError }} toError={ownError(problems.payee)} />
      ) : (
        <div class="send-payee">
          <PayeeField desk={desk} text={draft.payee} strict={strict('payee')} onLeave={leave('payee')} />
          <PayeeKnown desk={desk} text={draft.payee} />
        </div>
      )}
      <AmountField
        large
        value={draft.amount}
        onValue={(amount) => desk.edit({ amount })}
        currency={from?.currency ?? 'MXN'}
        hint={amountHint(checked, desk.live.value)}
        error={amountError(checked, strict('amount'))}
        onLeave={leave('amount')}
      />
      {!own && accounts.value.length > 1 && (
        <AccountSelect label={t.from} name="from" value={draft.from} error={fromError} paying onValue={(clabe) => desk.edit({ from: clabe })} />
      )}
      <Field
        label={t.memo}
        name="memo"
        aside={memo.length === 0 ? t.optional : t.memoCount(memo.length, memoMax)}
        value={draft.memo}
        onValue={(text) => desk.edit({ memo: text })}
        hint={own ? undefined : t.memoHint}
        error={memoError(problems.memo, draft.memo)}
        autocomplete="off"
        autocapitalize="sentences"
        enterKeyHint="go"
        maxLength={memoMax * 8}
      />
      <Button kind="primary" type="submit" wide disabled={!own && problems.payee === 'unresolved'} data-testid="send-next">
        {t.next}
      </Button>
    </form>
  );
}

function ownError(problem: string | undefined): string | undefined {
  switch (problem) {
    case 'missing':
      return t.noAccount;
    case 'same':
      return t.payeeSame;
    case 'currency':
      return t.payeeCurrency;
    default:
      return undefined;
  }
}

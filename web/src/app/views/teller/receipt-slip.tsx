import type { ComponentChildren } from 'preact';
import type { Receipt } from '../../../caudal/index.ts';
import { useBank } from '../../bank.ts';
import { Amount, groupClabe, Time } from '../../ui/index.ts';
import type { CashOrder } from './desk.ts';
import { t } from './text.ts';

/** The receipt of an operation at the counter, as the bank gave it; it prints alone on its page. */
export function ReceiptSlip({ receipt, command }: { receipt: Receipt; command: CashOrder['command'] }) {
  const bank = useBank();
  const deposit = command.kind === 'deposit';
  return (
    <section class="slip" aria-label={t.receipt} data-testid="receipt">
      <header class="slip-head">
        <p class="slip-bank">{bank.name}</p>
        <p class="slip-kind">{deposit ? t.receiptDeposit : t.receiptWithdraw}</p>
        <Amount amountMinor={receipt.amountMinor} currency={receipt.currency} class="slip-amount" />
      </header>
      <dl class="slip-facts">
        {command.holder !== undefined && <Line name={t.holder}>{command.holder}</Line>}
        <Line name={t.clabe}>
          <span class="figures">{groupClabe(command.account)}</span>
        </Line>
        {receipt.memo !== '' && <Line name={t.receiptMemo}>{receipt.memo}</Line>}
        <Line name={t.receiptBalance}>
          <Amount amountMinor={receipt.balanceMinor} currency={receipt.currency} />
        </Line>
        <Line name={t.receiptAt}>
          <Time us={receipt.atUs} show="full" />
        </Line>
        <Line name={t.receiptTeller}>{bank.session.value?.owner}</Line>
        <Line name={t.receiptId}>
          <code>{receipt.transferId}</code>
        </Line>
      </dl>
    </section>
  );
}

function Line({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

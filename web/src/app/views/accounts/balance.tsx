import { type Account, AccountStatus } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { useBank } from '../../bank.ts';
import { money } from '../../format.ts';
import { Banner, CopyButton, Figure, groupClabe, Icon } from '../../ui/index.ts';
import { FreshnessMark } from './freshness-mark.tsx';
import { t } from './text.ts';

/** What an account holds, as live as the page is, and what it is called among banks. */
export function Balance({ account, size }: { account: Account; size: 'large' | 'hero' }) {
  const freshness = useBank().freshness.value;
  const differs = account.availableMinor !== account.balanceMinor;
  return (
    <div class="acct-balance">
      <Figure
        data-testid="balance"
        amountMinor={account.balanceMinor}
        currency={account.currency}
        size={size}
        freshness={freshness}
      />
      <p class="acct-state">
        {size === 'hero' && <FreshnessMark freshness={freshness} />}
        {differs && (
          <span class="acct-available figures" title={t.availableHint}>
            {t.available(money(account.availableMinor, account.currency))}
          </span>
        )}
        {account.status === AccountStatus.FROZEN && <FrozenBadge />}
      </p>
    </div>
  );
}

function FrozenBadge() {
  return (
    <span class="acct-frozen">
      <Icon name="lock" />
      {t.frozen}
    </span>
  );
}

/** An account's CLABE in its groups, with a button that copies its digits. */
export function Clabe({ clabe }: { clabe: string }) {
  return (
    <p class="acct-clabe">
      <span class="acct-label">{t.clabe}</span>
      <span class="code">{groupClabe(clabe)}</span>
      <CopyButton small iconOnly text={clabe} label={t.copyClabe} />
    </p>
  );
}

/**
 * What a person must know of an account before anything else: that its history has changed, and, on its own page, that it
 * is frozen. Among several accounts the warning names it, and the badge beside the balance says the rest.
 */
export function Warnings({ account, among }: { account: Account; among?: boolean }) {
  const diverged = useBank().diverged.value.has(account.clabe);
  return (
    <>
      {diverged && (
        <Banner tone="danger" role="alert" title={among === true ? `${account.name}: ${t.diverged}` : t.diverged}>
          {t.divergedText}
        </Banner>
      )}
      {among !== true && account.status === AccountStatus.FROZEN && (
        <Banner tone="caution" icon="lock" title={t.frozen}>
          {t.frozenText}
        </Banner>
      )}
    </>
  );
}

import { useEffect, useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { Banner, Card, CopyButton, Fingerprint } from '../../ui/index.ts';
import { When } from './moment.tsx';
import { t } from './text.ts';

/** Whom this browser takes for the bank, and what that is worth. */
export function IdentityCard() {
  const bank = useBank();
  const channel = bank.channel.value;
  const pin = usePin(channel?.fingerprint);
  const fingerprint = channel?.fingerprint ?? pin?.fingerprint;
  return (
    <Card title={channel === undefined ? t.identity : t.identityOf(channel.bankName)} class="identity" data-testid="identity">
      {fingerprint !== undefined && (
        <div class="bank-print">
          <Fingerprint text={fingerprint} label={t.identity} />
          <div class="bank-print-foot">
            <p class="muted">
              {pin === undefined ? (
                t.notPinned
              ) : (
                <>
                  {t.pinnedSince} <When ms={pin.sinceMs} />
                </>
              )}
            </p>
            <CopyButton small text={fingerprint} label={t.copyIdentity} />
          </div>
        </div>
      )}
      {channel?.firstContact === true && <Banner tone="caution">{t.firstContact}</Banner>}
      {channel?.pinMoved === true && <Banner tone="caution">{t.pinMoved}</Banner>}
      <details class="security-details" open>
        <summary>{t.proves}</summary>
        <dl class="proves">
          <dt>{t.provesYes}</dt>
          <dd>{t.provesYesText}</dd>
          <dt>{t.provesNo}</dt>
          <dd>{t.provesNoText}</dd>
          <dt>{t.provesDo}</dt>
          <dd>{t.provesDoText}</dd>
        </dl>
      </details>
    </Card>
  );
}

/** usePin reads what is remembered of the bank, again whenever a connection shows another fingerprint. */
function usePin(offered: string | undefined) {
  const { client } = useBank();
  const [pin, setPin] = useState<{ fingerprint: string; sinceMs: number } | undefined>(undefined);
  useEffect(() => {
    let here = true;
    client.pin().then(
      (found) => here && setPin(found),
      () => here && setPin(undefined), // a store that cannot be read remembers nothing that could be shown
    );
    return () => {
      here = false;
    };
  }, [client, offered]);
  return pin;
}

import { useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { money, parseMoney } from '../../format.ts';
import { toast } from '../../announce.ts';
import { explain } from '../../errors.ts';
import { Button, CopyButton, groupClabe } from '../../ui/index.ts';
import { AccountSelect } from './account-select.tsx';
import { AmountField } from './amount-field.tsx';
import { askLink } from './prefill.ts';
import { t } from './text.ts';

/** How others find the holder: CLABE and username to copy or share, and a link that asks for an amount. */
export function Receive() {
  const bank = useBank();
  const [chosen, setChosen] = useState('');
  const [asked, setAsked] = useState('');
  const accounts = bank.accounts.value;
  const account = accounts.find(({ clabe }) => clabe === chosen) ?? accounts[0];
  const session = bank.session.value;
  if (account === undefined || session === undefined) return null;
  const { clabe, currency } = account;
  const typed = parseMoney(asked, currency);
  const amountMinor = typed !== undefined && typed > 0n ? typed : undefined;
  const link = askLink(`${location.origin}${location.pathname}`, clabe, amountMinor, currency);
  const shared = amountMinor === undefined ? t.shareText(session.owner, clabe) : t.shareAmount(money(amountMinor, currency), session.owner, clabe);
  return (
    <div class="card receive" data-testid="receive">
      <p class="receive-intro">{t.receiveIntro}</p>
      {accounts.length > 1 && <AccountSelect label={t.intoAccount} name="into" value={clabe} onValue={setChosen} />}
      <div class="receive-fact receive-main">
        <h2>{t.yourClabe}</h2>
        <p class="receive-clabe figures">{groupClabe(clabe)}</p>
        <CopyButton text={clabe} label={t.copyClabe} iconOnly />
      </div>
      <div class="receive-fact">
        <h2>{t.yourUsername}</h2>
        <p class="receive-value">@{session.username}</p>
        <CopyButton text={`@${session.username}`} label={t.copyUsername} iconOnly />
      </div>
      <div class="receive-fact">
        <h2>{t.holder}</h2>
        <p class="receive-value">{session.owner}</p>
      </div>
      <div class="receive-ask">
        <AmountField
          label={t.ask}
          aside={t.optional}
          value={asked}
          onValue={setAsked}
          currency={currency}
          hint={t.askHint}
          error={asked.trim() === '' || amountMinor !== undefined ? undefined : typed === undefined ? t.amountMalformed : t.amountZero}
        />
        <div class="send-actions">
          {typeof navigator.share === 'function' && (
            <Button kind="primary" icon="send" wide onClick={() => void share(shared, link)}>
              {t.share}
            </Button>
          )}
          <CopyButton text={link} label={t.copyLink} />
        </div>
      </div>
    </div>
  );
}

/** Opens the device's own sheet for sharing. Closing it without sharing is no mistake. */
async function share(text: string, url: string): Promise<void> {
  try {
    await navigator.share({ text, url });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'AbortError')) toast({ tone: 'danger', text: explain(error) });
  }
}

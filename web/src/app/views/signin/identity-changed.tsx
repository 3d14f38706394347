import { useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { explain } from '../../errors.ts';
import { Button, Field, Fingerprint, Icon } from '../../ui/index.ts';
import { isFirstGroup } from './rules.ts';
import { t } from './text.ts';

/**
 * The bank proved another identity. There is no button that clicks this away: whoever goes on must have the new fingerprint
 * before their eyes and type of it, and loses what this browser knew.
 */
export function IdentityChanged({ pinned, offered }: { pinned: string; offered: string }) {
  const { client } = useBank();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const forget = async (event: Event) => {
    event.preventDefault();
    if (!isFirstGroup(typed, offered)) {
      setError(t.trustWrong);
      return;
    }
    setBusy(true);
    try {
      await client.forgetPin();
      client.start();
    } catch (thrown) {
      setBusy(false);
      setError(explain(thrown));
    }
  };
  return (
    <div class="halt halt-danger" data-testid="identity-changed">
      <span class="halt-icon">
        <Icon name="warning" />
      </span>
      <h1 tabIndex={-1}>{t.identityChangedTitle}</h1>
      <div class="stack stack-tight" role="alert">
        <p>{t.identityChangedLead}</p>
        <p>{t.identityChangedWhy}</p>
      </div>
      <div class="halt-prints">
        <div>
          <h2>{t.pinnedFingerprint}</h2>
          <Fingerprint text={pinned} label={t.pinnedFingerprint} />
        </div>
        <div>
          <h2>{t.offeredFingerprint}</h2>
          <Fingerprint text={offered} label={t.offeredFingerprint} />
        </div>
      </div>
      <form class="halt-act" noValidate onSubmit={(event) => void forget(event)}>
        <p>{t.consequences}</p>
        <Field
          label={t.trustField}
          hint={t.trustHint}
          error={error}
          value={typed}
          figures
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={16}
          onValue={(text) => {
            setTyped(text);
            setError(undefined);
          }}
          data-testid="trust-group"
        />
        <Button kind="danger" type="submit" busy={busy}>
          {t.trust}
        </Button>
      </form>
    </div>
  );
}

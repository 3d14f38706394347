import { CopyButton, Fingerprint, Icon, Time } from '../../ui/index.ts';
import { t } from './text.ts';
import { useIdentity } from './use-identity.ts';

/** The bank's fingerprint, since when it is remembered here, and what that is worth: no more and no less. */
export function IdentityNote() {
  const identity = useIdentity();
  return (
    <aside class="identity-note" aria-labelledby="identity-title" data-testid="identity">
      <h2 id="identity-title">
        <Icon name="security" /> {t.identity}
      </h2>
      {identity === undefined ? (
        <p class="fingerprint-text muted">{t.identityWaiting}</p>
      ) : (
        <>
          <Fingerprint text={identity.fingerprint} label={t.fingerprint} />
          <div class="identity-since">
            <p>
              {identity.sinceMs === undefined ? (
                t.firstContact
              ) : (
                <>
                  {t.rememberedSince} <Time us={BigInt(Math.trunc(identity.sinceMs)) * 1000n} show="full" />.
                </>
              )}
            </p>
            <CopyButton text={identity.fingerprint} label={t.copyFingerprint} small />
          </div>
        </>
      )}
      <details class="proves-note">
        <summary>{t.provesTitle}</summary>
        <div class="stack stack-tight">
          <p>{t.proves}</p>
          <p>{t.provesNot}</p>
          <p>
            {t.provesDo} <code>caudal pins list</code>.
          </p>
        </div>
      </details>
    </aside>
  );
}

import { useRef, useState } from 'preact/hooks';
import { BankError, Code, LinkError } from '../../../caudal/index.ts';
import { announce } from '../../announce.ts';
import { useBank } from '../../bank.ts';
import { explain } from '../../errors.ts';
import { count } from '../../format.ts';
import { Banner, Button, Card, classes, Icon, PasswordField } from '../../ui/index.ts';
import { ready, rules, type Typed } from './password-rules.ts';
import { t } from './text.ts';
import { useCall } from './use-call.ts';

const nothing: Typed = { old: '', next: '', repeat: '' };

/** Changes the password, which signs the person's other devices out. */
export function PasswordCard() {
  const bank = useBank();
  const [typed, setTyped] = useState(nothing);
  const [othersOut, setOthersOut] = useState<number | undefined>(undefined);
  const call = useCall();
  const old = useRef<HTMLInputElement>(null);
  const refused = call.error instanceof BankError && call.error.code === Code.BAD_CREDENTIALS;
  const set = (change: Partial<Typed>) => {
    setTyped({ ...typed, ...change });
    setOthersOut(undefined);
    call.clear();
  };
  const submit = () => {
    if (ready(typed)) {
      call.run(
        () => bank.client.changePassword({ oldPassword: typed.old, newPassword: typed.next }),
        ({ devicesRevoked }) => {
          setTyped(nothing);
          setOthersOut(devicesRevoked);
          announce(`${t.changed} ${t.changedOthers(devicesRevoked)}`);
          // The bank tells the others that they are out, not whoever put them out.
          bank.client.listDevices().catch(() => undefined);
          old.current?.focus();
        },
      );
    }
  };
  return (
    <Card title={t.password} class="password" data-testid="password">
      <p class="card-lead">{t.passwordLead}</p>
      {othersOut !== undefined && (
        <Banner tone="done" title={t.changed} data-testid="password-changed">
          {t.changedOthers(othersOut)}
        </Banner>
      )}
      <form
        class="password-form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {/* Password managers file the new one under this name. */}
        <input class="read" type="text" name="username" autocomplete="username" readOnly tabIndex={-1} aria-hidden value={bank.session.value?.username ?? ''} />
        <PasswordField
          label={t.oldPassword}
          name="old-password"
          autocomplete="current-password"
          value={typed.old}
          inputRef={old}
          error={refused ? t.badPassword : ''}
          onValue={(text) => set({ old: text })}
        />
        <PasswordField label={t.newPassword} name="new-password" autocomplete="new-password" value={typed.next} hint={t.ruleHint} onValue={(text) => set({ next: text })} />
        <PasswordField label={t.repeatPassword} name="repeat-password" autocomplete="new-password" value={typed.repeat} onValue={(text) => set({ repeat: text })} />
        <RuleList typed={typed} />
        {call.error !== undefined && !refused && (
          <Banner tone={call.error instanceof LinkError ? 'caution' : 'danger'} role="alert">
            {call.error instanceof LinkError ? t.unsure : explain(call.error)}
          </Banner>
        )}
        <Button kind="primary" type="submit" busy={call.busy} disabled={!ready(typed) && !call.busy}>
          {t.change}
        </Button>
      </form>
      <p class="muted card-note">{t.tries}</p>
    </Card>
  );
}

/** The rules, each with whether it is met: by a mark, and in words for those who do not see it. */
function RuleList({ typed }: { typed: Typed }) {
  const r = rules(typed);
  const list = [
    { text: t.ruleLength, met: r.longEnough && r.notTooLong, aside: r.characters > 0 ? t.characters(count(r.characters)) : '' },
    { text: t.ruleDifferent, met: r.different, aside: '' },
    { text: t.ruleRepeated, met: r.repeated === true, aside: '' },
  ];
  return (
    <ul class="password-rules">
      {list.map(({ text, met, aside }) => (
        <li key={text} class={classes('password-rule', met && 'password-rule-met')}>
          {met ? <Icon name="check" /> : <span class="password-rule-open" aria-hidden />}
          <span>
            {text} {aside !== '' && <span class="figures password-rule-aside">({aside})</span>}
            <span class="read">: {met ? t.ruleMet : t.ruleOpen}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

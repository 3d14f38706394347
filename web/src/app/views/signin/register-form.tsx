import { useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { Button, Field, PasswordField } from '../../ui/index.ts';
import { FormMessage } from './form-message.tsx';
import { characters, cleanUsername, isUsername, ownerFault, passwordMax, passwordMin } from './rules.ts';
import { t } from './text.ts';
import { useEntry, type Faults } from './use-entry.ts';

/** The form of whoever is new. Its rules are on the screen before anything can be wrong. */
export function RegisterForm() {
  const { client } = useBank();
  const [owner, setOwner] = useState('');
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const entry = useEntry(
    ['owner', 'username', 'password'],
    () => check(owner, cleanUsername(username), password),
    () => client.register({ owner: owner.trim(), username: cleanUsername(username), password }),
  );
  return (
    <form class="entry-form" noValidate onSubmit={(event) => void entry.submit(event)} data-testid="register">
      <Field
        label={t.owner}
        hint={t.ownerRule}
        name="name"
        autocomplete="name"
        autocapitalize="words"
        spellcheck={false}
        enterKeyHint="next"
        value={owner}
        {...entry.field('owner', setOwner)}
      />
      <Field
        label={t.username}
        hint={t.usernameRule}
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        enterKeyHint="next"
        maxLength={64}
        before="@"
        value={username}
        onBlur={() => setUsername(cleanUsername(username))}
        {...entry.field('username', setUsername)}
      />
      <PasswordField
        label={t.password}
        hint={passwordHint(password)}
        name="password"
        autocomplete="new-password"
        enterKeyHint="done"
        value={password}
        {...entry.field('password', setPassword)}
      />
      <Button kind="primary" type="submit" wide busy={entry.busy}>
        {t.doRegister}
      </Button>
      <FormMessage text={entry.faults.form} />
    </form>
  );
}

function check(owner: string, username: string, password: string): Faults {
  const faults: Faults = {};
  switch (ownerFault(owner)) {
    case 'missing':
      faults.owner = t.ownerMissing;
      break;
    case 'long':
      faults.owner = t.ownerLong;
      break;
    case 'letter':
      faults.owner = t.ownerLetter;
      break;
  }
  if (!isUsername(username)) {
    faults.username = t.usernameRule;
  }
  const length = characters(password);
  if (length < passwordMin) {
    faults.password = length === 0 ? t.passwordRule : t.passwordMore(passwordMin - length);
  } else if (length > passwordMax) {
    faults.password = t.passwordLong;
  }
  return faults;
}

function passwordHint(password: string): string {
  const length = characters(password);
  if (length === 0) {
    return t.passwordRule;
  }
  return length < passwordMin ? t.passwordMore(passwordMin - length) : t.passwordEnough;
}

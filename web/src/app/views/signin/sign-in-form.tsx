import { useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { Button, Field, PasswordField } from '../../ui/index.ts';
import { FormMessage } from './form-message.tsx';
import { cleanUsername } from './rules.ts';
import { t } from './text.ts';
import { useEntry, type Faults } from './use-entry.ts';

/** The form of whoever has an account. */
export function SignInForm() {
  const { client } = useBank();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const entry = useEntry(
    ['username', 'password'],
    () => ({
      ...(cleanUsername(username) === '' ? ({ username: t.usernameMissing } satisfies Faults) : {}),
      ...(password === '' ? ({ password: t.passwordMissing } satisfies Faults) : {}),
    }),
    () => client.login({ username: cleanUsername(username), password }),
  );
  return (
    <form class="entry-form" noValidate onSubmit={(event) => void entry.submit(event)} data-testid="sign-in">
      <Field
        label={t.username}
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        enterKeyHint="next"
        maxLength={64}
        value={username}
        {...entry.field('username', setUsername)}
      />
      <PasswordField
        label={t.password}
        name="password"
        autocomplete="current-password"
        enterKeyHint="go"
        value={password}
        {...entry.field('password', setPassword)}
      />
      <Button kind="primary" type="submit" wide busy={entry.busy}>
        {t.doSignIn}
      </Button>
      <FormMessage text={entry.faults.form} />
    </form>
  );
}

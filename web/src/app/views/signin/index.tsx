import { useBank } from '../../bank.ts';
import { leftElsewhere } from '../../leaving.ts';
import { route } from '../../router.ts';
import { Banner, Link } from '../../ui/index.ts';
import { IdentityNote } from './identity-note.tsx';
import { RegisterForm } from './register-form.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { t } from './text.ts';

/** The page of whoever is not signed in: entering, or opening an account. */
export default function View({ revoked }: { revoked?: boolean }) {
  const bank = useBank();
  const registering = route.value.parts[0] === 'register';
  return (
    <div class="entry">
      <div class="entry-main">
        <header class="entry-head">
          <h1 tabIndex={-1}>{registering ? t.register : t.signIn}</h1>
          <p class="muted">{registering ? t.registerLead : t.signInLead}</p>
        </header>
        {revoked === true && leftElsewhere.value && (
          <Banner icon="out" role="status" data-testid="left-elsewhere">
            {t.leftElsewhere}
          </Banner>
        )}
        {revoked === true && !leftElsewhere.value && (
          <Banner tone="caution" icon="lock" title={t.deviceRevoked} role="status" data-testid="device-revoked">
            {t.deviceRevokedText}
          </Banner>
        )}
        {registering ? <RegisterForm /> : <SignInForm />}
        <p class="entry-other">
          {registering ? t.knownHere : t.newHere}{' '}
          <Link to={registering ? '/signin' : '/register'}>{registering ? t.doSignIn : t.register}</Link>
        </p>
        {bank.channel.value !== undefined && bank.client.demo && (
          <p class="entry-demo">
            {t.demo} <a href="/demo">{t.demoBoth}</a>
          </p>
        )}
      </div>
      <IdentityNote />
    </div>
  );
}

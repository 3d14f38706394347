import { useEffect } from 'preact/hooks';
import SignIn from '../views/signin/index.tsx';
import { route } from '../router.ts';
import { t } from '../frame/text.ts';
import { Outside } from './Outside.tsx';

/** The stage of whoever is not signed in. `revoked`: their device was, just now. */
export default function Entry({ revoked }: { revoked: boolean }) {
  useEffect(() => {
    document.title = `${t.signin} · Caudal`;
  });
  return (
    <Outside key={route.value.parts[0]}>
      <SignIn revoked={revoked} />
    </Outside>
  );
}

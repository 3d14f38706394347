import { useEffect, useRef } from 'preact/hooks';
import { useBank } from '../bank.ts';
import { t } from '../frame/text.ts';
import { route } from '../router.ts';
import SignIn from '../views/signin/index.tsx';
import { Outside } from './outside.tsx';

/** The stage of whoever is not signed in. `revoked`: their device was, just now. `returned`: they were inside before. */
export default function Entry({ revoked, returned }: { revoked: boolean; returned: boolean }) {
  const page = route.value.parts[0] === 'register' ? 'register' : 'signin';
  const before = useRef(returned ? '' : page);
  const title = `${page === 'register' ? t.register : t.signin} · ${useBank().name}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    if (before.current !== page) {
      before.current = page;
      document.querySelector<HTMLElement>('#main h1')?.focus();
    }
  }, [page]);
  return (
    <Outside>
      <SignIn revoked={revoked} />
    </Outside>
  );
}

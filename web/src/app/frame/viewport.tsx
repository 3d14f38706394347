import { useCallback, useEffect, useRef } from 'preact/hooks';
import { lazily, type Lazy } from '../lazy.tsx';
import { route, type ViewName } from '../router.ts';
import Accounts from '../views/accounts/index.tsx';
import { pageOf } from './places.ts';

/** The views that most visits do not need, by the folder that they are in. */
const views: Readonly<Record<Exclude<ViewName, 'accounts' | 'signin'>, Lazy<object>>> = {
  movements: lazily(() => import('../views/movements/index.tsx')),
  send: lazily(() => import('../views/send/index.tsx')),
  open: lazily(() => import('../views/open/index.tsx')),
  security: lazily(() => import('../views/security/index.tsx')),
  teller: lazily(() => import('../views/teller/index.tsx')),
};

/** The view of the route. On another page the focus goes to its heading, so that it is read and the keyboard starts there. */
export function ViewPort() {
  const { view } = route.value;
  const page = pageOf(route.value);
  const arrived = useRef(page);
  const arrive = useCallback(() => {
    if (arrived.current !== page) {
      arrived.current = page;
      focusHeading();
    }
  }, [page]);
  if (view === 'accounts' || view === 'signin') {
    return <Home onShown={arrive} />;
  }
  const Shown = views[view];
  return <Shown key={view} onShown={arrive} />;
}

function Home({ onShown }: { onShown: () => void }) {
  useEffect(onShown, [onShown]);
  return <Accounts />;
}

/** Puts the focus on the heading of the page that was gone to, unless a dialog has it. */
function focusHeading(): void {
  if (document.querySelector('dialog[open]') !== null) {
    return;
  }
  scrollTo(0, 0);
  const heading = document.querySelector<HTMLElement>('#main h1');
  if (heading !== null) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

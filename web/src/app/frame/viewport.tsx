import { useCallback, useEffect, useRef } from 'preact/hooks';
import { useBank } from '../bank.ts';
import { lazily, type Lazy } from '../lazy.tsx';
import { route, type ViewName } from '../router.ts';
import Accounts from '../views/accounts/index.tsx';
import { pageOf, placesOf } from './places.ts';

/** The views that most visits do not need, by the folder that they are in. */
const views: Readonly<Record<Exclude<ViewName, 'accounts' | 'signin'>, Lazy<object>>> = {
  movements: lazily(() => import('../views/movements/index.tsx')),
  send: lazily(() => import('../views/send/index.tsx')),
  open: lazily(() => import('../views/open/index.tsx')),
  security: lazily(() => import('../views/security/index.tsx')),
  teller: lazily(() => import('../views/teller/index.tsx')),
};

/** How long after the figures are live the other views' code is fetched. */
const preloadMs = 2000;

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
  usePreload();
  if (view === 'accounts' || view === 'signin') {
    return <Home onShown={arrive} />;
  }
  const Shown = views[view];
  return <Shown key={view} onShown={arrive} />;
}

/** Fetches the code of the views while the bank is there, so that none is lacking when it is not. */
function usePreload(): void {
  const bank = useBank();
  const live = bank.freshness.value.kind === 'live';
  const role = bank.session.value?.role;
  useEffect(() => {
    if (!live || role === undefined) {
      return undefined;
    }
    const timer = setTimeout(() => {
      views.open.preload();
      for (const { view } of placesOf(role)) {
        if (view !== 'accounts') {
          views[view].preload();
        }
      }
    }, preloadMs);
    return () => clearTimeout(timer);
  }, [live, role]);
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

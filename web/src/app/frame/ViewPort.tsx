import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { route, type ViewName } from '../router.ts';
import { Button, EmptyState, Skeleton } from '../ui/index.ts';
import Accounts from '../views/accounts/index.tsx';
import { pageOf } from './places.ts';
import { t } from './text.ts';

type View = FunctionComponent;
type LazyView = Exclude<ViewName, 'accounts' | 'signin'>;

/** The code of the views that most visits do not need, by the folder that it is in. */
const lazy: Readonly<Record<LazyView, () => Promise<{ default: View }>>> = {
  movements: () => import('../views/movements/index.tsx'),
  send: () => import('../views/send/index.tsx'),
  open: () => import('../views/open/index.tsx'),
  security: () => import('../views/security/index.tsx'),
  teller: () => import('../views/teller/index.tsx'),
};

const loaded = signal<Partial<Record<LazyView, View>>>({});
const failed = signal<LazyView | undefined>(undefined);

function load(view: LazyView): void {
  lazy[view]().then(
    (module) => {
      loaded.value = { ...loaded.peek(), [view]: module.default };
    },
    () => {
      failed.value = view;
    },
  );
}

/** The view of the route. On another page the focus goes to its heading, so that it is read and the keyboard starts there. */
export function ViewPort() {
  const view = route.value.view === 'signin' ? 'accounts' : route.value.view;
  const Shown = view === 'accounts' ? Accounts : loaded.value[view];
  const page = pageOf(route.value);
  const before = useRef(page);
  useEffect(() => {
    if (view !== 'accounts' && Shown === undefined) {
      load(view);
    }
  }, [view]);
  useEffect(() => {
    if (Shown !== undefined && before.current !== page) {
      before.current = page;
      arrive();
    }
  }, [page, Shown]);
  if (Shown !== undefined) {
    return <Shown />;
  }
  return failed.value === view ? <NotLoaded /> : <Skeleton lines={3} figure />;
}

/** Puts the focus on the heading of the page that was gone to, unless a dialog has it. */
function arrive(): void {
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

function NotLoaded() {
  return (
    <EmptyState
      icon="warning"
      title={t.loadFailed}
      action={
        <Button kind="primary" onClick={() => location.reload()}>
          {t.reload}
        </Button>
      }
    >
      {t.loadFailedHint}
    </EmptyState>
  );
}

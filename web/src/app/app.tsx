import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import Accounts from './views/accounts/index.tsx';
import SignIn from './views/signin/index.tsx';
import { BankContext, type Bank } from './bank.ts';
import { route, type ViewName } from './router.ts';
import { Toasts } from './ui/index.ts';

type View = FunctionComponent;

/** The code of the views that most visits do not need, by the folder that it is in. */
const lazy: Readonly<Record<Exclude<ViewName, 'accounts' | 'signin'>, () => Promise<{ default: View }>>> = {
  movements: () => import('./views/movements/index.tsx'),
  send: () => import('./views/send/index.tsx'),
  open: () => import('./views/open/index.tsx'),
  security: () => import('./views/security/index.tsx'),
  teller: () => import('./views/teller/index.tsx'),
};

const views = signal<Partial<Record<ViewName, View>>>({ accounts: Accounts, signin: SignIn });

/** The dashboard of one bank. */
export function App({ bank }: { bank: Bank }) {
  const { view } = route.value;
  const Shown = views.value[view];
  if (Shown === undefined && view !== 'accounts' && view !== 'signin') {
    void lazy[view]().then(({ default: loaded }) => {
      views.value = { ...views.peek(), [view]: loaded };
    });
  }
  return (
    <BankContext.Provider value={bank}>
      <main id="main">{Shown !== undefined && <Shown />}</main>
      <Toasts />
    </BankContext.Provider>
  );
}

import { useEffect, useState } from 'preact/hooks';
import { announcement, dismissToast, toastMs, toasts, type Toast, type ToastTone } from '../announce.ts';
import { classes } from './classes.ts';
import { Icon, type IconName } from './icons.tsx';
import { Link } from './link.tsx';
import { topmostDialog } from './open-dialogs.ts';
import { t } from './text.ts';

const icons: Record<ToastTone, IconName> = { in: 'arrowIn', done: 'check', note: 'info', danger: 'warning' };

/**
 * The toasts, and the one live region that says them. Once in a page, and once in each modal dialog, by its id: while one is
 * open, all the rest of the page lies under its backdrop and is neither pressed nor read out.
 */
export function Toasts({ dialog }: { dialog?: string }) {
  const [before] = useState(() => (dialog === undefined ? undefined : announcement.peek()));
  const said = announcement.value;
  return (
    <>
      <p class="read" role="status" aria-live="polite">
        {said === before ? '' : said}
      </p>
      {topmostDialog.value === dialog && (
        <div class="toasts" role="region" aria-label={t.notices}>
          {toasts.value.map((toast) => (
            <ToastCard key={toast.id} toast={toast} />
          ))}
        </div>
      )}
    </>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) {
      return undefined;
    }
    const timer = setTimeout(() => dismissToast(toast.id), toastMs);
    return () => clearTimeout(timer);
  }, [held, toast.id]);
  return (
    <div
      class={classes('toast', `toast-${toast.tone}`)}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocusIn={() => setHeld(true)}
      onFocusOut={() => setHeld(false)}
    >
      <Icon name={icons[toast.tone]} />
      <div class="toast-text">
        <p>{toast.text}</p>
        {toast.detail !== undefined && <p class="toast-detail">{toast.detail}</p>}
      </div>
      {toast.to !== undefined && (
        <Link to={toast.to} class="toast-link" onClick={() => dismissToast(toast.id)}>
          {t.see}
        </Link>
      )}
      <button type="button" class="field-action" aria-label={t.dismiss} onClick={() => dismissToast(toast.id)}>
        <Icon name="close" />
      </button>
    </div>
  );
}

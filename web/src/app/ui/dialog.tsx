import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { classes } from './classes.ts';
import { Icon } from './icons.tsx';
import { dialogOpened } from './open-dialogs.ts';
import { t } from './text.ts';
import { Toasts } from './toasts.tsx';

interface DialogProps {
  open: boolean;
  /** Called when the person closes it, by the cross, Escape or a press beside it. */
  onClose: () => void;
  title: ComponentChildren;
  /** The buttons at the bottom. */
  actions?: ComponentChildren;
  wide?: boolean;
  /** It cannot be put away while something is under way. */
  busy?: boolean;
  class?: string;
  'data-testid'?: string;
  children?: ComponentChildren;
}

/**
 * The browser's own modal dialog: the rest of the page is inert, Escape and going to another page close it, the focus
 * returns to where it was.
 */
export function Dialog({ open, onClose, title, actions, wide, busy, class: extra, children, ...rest }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = `dialog-${useId()}`;
  useEffect(() => {
    const dialog = element.current;
    if (!open || dialog === null) {
      return undefined;
    }
    const before = document.activeElement;
    dialog.showModal();
    const closed = dialogOpened(heading);
    return () => {
      closed();
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
    };
  }, [open, heading]);
  const close = () => {
    if (busy !== true) {
      onClose();
    }
  };
  const put = useRef(close);
  put.current = close;
  useEffect(() => {
    if (!open) {
      return undefined;
    }
    const left = () => put.current();
    addEventListener('hashchange', left);
    return () => removeEventListener('hashchange', left);
  }, [open]);
  if (!open) {
    return null;
  }
  return (
    <dialog
      {...rest}
      ref={element}
      class={classes('dialog', wide === true && 'dialog-wide', extra)}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) {
          close();
        }
      }}
    >
      <div class="dialog-sheet">
        <div class="dialog-head">
          <h2 id={heading}>{title}</h2>
          <button type="button" class="field-action" aria-label={t.close} title={t.close} disabled={busy === true} onClick={close}>
            <Icon name="close" />
          </button>
        </div>
        <div class="dialog-body">{children}</div>
        {actions !== undefined && <div class="dialog-actions">{actions}</div>}
      </div>
      <Toasts dialog={heading} />
    </dialog>
  );
}

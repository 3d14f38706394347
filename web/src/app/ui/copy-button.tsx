import { useEffect, useState } from 'preact/hooks';
import { announce, toast } from '../announce.ts';
import { Button } from './button.tsx';
import { t } from './text.ts';

/** How long a button says that it has copied. */
const copiedMs = 2000;

interface CopyButtonProps {
  /** What goes to the clipboard. */
  text: string;
  /** What the button is called; "Copy" unless it must be told from others. */
  label?: string;
  /** Only the icon is shown. */
  iconOnly?: boolean;
  small?: boolean;
}

/** Copies a text, and says whether it did. */
export function CopyButton({ text, label, iconOnly, small }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) {
      return undefined;
    }
    const timer = setTimeout(() => setCopied(false), copiedMs);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce(t.copied);
    } catch {
      toast({ tone: 'danger', text: t.copyFailed });
    }
  };
  const name = label ?? t.copy;
  const shared = { icon: copied ? 'check' : 'copy', small: small === true, onClick: () => void copy() } as const;
  return iconOnly === true ? (
    <Button {...shared} aria-label={name} title={name} />
  ) : (
    <Button {...shared}>{copied ? t.copied : name}</Button>
  );
}

import { useLayoutEffect } from 'preact/hooks';
import type { Role } from '../../caudal/gen/caudal/v1/caudal_pb.ts';
import { go } from '../router.ts';
import { Dialog } from '../ui/index.ts';
import { placesOf } from './places.ts';
import { t } from './text.ts';

/** How long after `g` a letter still means a place. */
const sequenceMs = 1500;

/** The keyboard's shortcuts, and the dialog that lists them. Keys typed into a field are never ours. */
export function Shortcuts({ role, open, onOpen }: { role: Role; open: boolean; onOpen: (open: boolean) => void }) {
  const places = placesOf(role);
  // Before the frame can be seen, and once: a page that is drawn anew between two keys must not forget the first.
  useLayoutEffect(() => {
    const places = placesOf(role);
    let goingUntilMs = 0;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isBusy(event.target)) {
        return;
      }
      const place = event.timeStamp < goingUntilMs ? places.find(({ key }) => key === event.key.toLowerCase()) : undefined;
      goingUntilMs = event.key === 'g' ? event.timeStamp + sequenceMs : 0;
      if (event.key === '?') {
        onOpen(true);
      } else if (place !== undefined) {
        event.preventDefault();
        go(place.to);
      }
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [role, onOpen]);
  return (
    <Dialog open={open} onClose={() => onOpen(false)} title={t.shortcuts}>
      <dl class="shortcuts">
        {places.map(({ view, key }) => (
          <div key={view}>
            <dt>{t[view]}</dt>
            <dd>
              <kbd>g</kbd> <span class="muted">{t.shortcutThen}</span> <kbd>{key}</kbd>
            </dd>
          </div>
        ))}
        <div>
          <dt>{t.shortcutHelp}</dt>
          <dd>
            <kbd>?</kbd>
          </dd>
        </div>
        <div>
          <dt>{t.shortcutClose}</dt>
          <dd>
            <kbd>Esc</kbd>
          </dd>
        </div>
      </dl>
    </Dialog>
  );
}

/** Whether a key belongs to what has the focus: something that is typed into, or a dialog. */
function isBusy(target: EventTarget | null): boolean {
  return (
    (target instanceof Element && target.closest('input, select, textarea, [contenteditable], [role="tablist"]') !== null) ||
    document.querySelector('dialog[open]') !== null
  );
}

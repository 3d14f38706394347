import { FreshnessBar } from '../frame/freshness-bar.tsx';
import { t } from '../frame/text.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { Outside } from './outside.tsx';

/** The stage of a known device until the bank has recognised it: no form flashes, and nothing has to be typed. */
export default function Recognising() {
  return (
    <Outside>
      <div class="recognising" data-testid="recognising">
        <FreshnessBar />
        <p class="muted">{t.recognising}</p>
        <Skeleton figure lines={2} />
      </div>
    </Outside>
  );
}

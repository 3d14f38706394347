import { count } from '../../format.ts';
import { Icon } from '../../ui/index.ts';
import type { ListModel } from './list-model.ts';
import { t } from './text.ts';

/** Says that newer movements wait at the top, and leads there. Nothing moves until then. */
export function NewerChip({ model }: { model: ListModel }) {
  const newer = model.newer.value;
  if (newer === 0) return null;
  return (
    <div class="mov-newer">
      <button
        type="button"
        class="mov-newer-button"
        onClick={() => {
          model.release();
          const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
          scrollTo({ top: 0, behavior: still ? 'instant' : 'smooth' });
        }}
      >
        <Icon name="arrowIn" />
        {newer === 1 ? t.newOne : t.newCount(count(newer))}
      </button>
    </div>
  );
}

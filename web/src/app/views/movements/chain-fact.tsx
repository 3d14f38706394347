import { Banner } from '../../ui/index.ts';
import { t } from './text.ts';
import type { ChainCheck } from './verify.ts';

/** Whether this browser could follow the chain to a movement, in words. */
export function ChainFact({ seq, chain }: { seq: bigint; chain: ChainCheck | undefined }) {
  switch (chain) {
    case undefined:
      return <Banner title={t.checking} />;
    case 'follows':
      return (
        <Banner tone="done" title={t.verified}>
          {t.verifiedText((seq - 1n).toString())}
        </Banner>
      );
    case 'begins':
      return (
        <Banner tone="done" title={t.verified}>
          {t.verifiedFirst}
        </Banner>
      );
    case 'broken':
      return (
        <Banner tone="danger" role="alert" title={t.broken}>
          {t.brokenText}
        </Banner>
      );
    case 'unknown':
      return <Banner title={t.notChecked}>{t.notCheckedText}</Banner>;
  }
}

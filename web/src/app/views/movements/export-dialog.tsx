import { useEffect, useRef, useState } from 'preact/hooks';
import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { announce } from '../../announce.ts';
import { explain } from '../../errors.ts';
import { count, day } from '../../format.ts';
import { Banner, Button, Dialog } from '../../ui/index.ts';
import { dayStart } from './days.ts';
import { exportCsv, exportLegsMax, fileName, type Exported, type Progress } from './export.ts';
import type { ListModel } from './list-model.ts';
import { saveFile } from './save-file.ts';
import { t } from './text.ts';

type Run = { kind: 'ready' } | { kind: 'running'; progress: Progress } | { kind: 'done'; file: Exported } | { kind: 'failed'; error: unknown };

/** Makes a CSV file of what the filter matches, page by page, and hands it to the browser. It can be called off. */
export function ExportDialog({ model, account, onClose }: { model: ListModel; account: Account; onClose: () => void }) {
  const [run, setRun] = useState<Run>({ kind: 'ready' });
  const cancel = useRef(new AbortController());
  useEffect(() => () => cancel.current.abort(), []);
  const start = async (): Promise<void> => {
    const own = new AbortController();
    cancel.current = own;
    setRun({ kind: 'running', progress: { looked: 0, matched: 0, oldestUs: undefined } });
    const { firstDay, lastDay } = model.filter.peek();
    const request = { account: account.clabe, currency: account.currency, ...model.bounds(), matches: model.matches.peek() };
    try {
      const file = await exportCsv(model.world.history, request, own.signal, (progress) => setRun({ kind: 'running', progress }));
      if (file.matched > 0) saveFile(file.parts, 'text/csv;charset=utf-8', fileName(account.clabe, firstDay, lastDay));
      setRun({ kind: 'done', file });
      announce(file.matched > 0 ? t.exportDone(count(file.matched)) : t.exportEmpty);
    } catch (error) {
      if (!own.signal.aborted) setRun({ kind: 'failed', error });
    }
  };
  const running = run.kind === 'running';
  return (
    <Dialog
      open
      onClose={onClose}
      title={t.exportTitle}
      actions={
        run.kind === 'done' ? (
          <Button kind="primary" onClick={onClose}>
            {t.close}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t.cancel}</Button>
            <Button kind="primary" icon="download" busy={running} onClick={() => void start()}>
              {t.download}
            </Button>
          </>
        )
      }
    >
      <p class="muted">{t.exportText}</p>
      <Summary model={model} account={account} />
      <Outcome run={run} />
    </Dialog>
  );
}

function Summary({ model, account }: { model: ListModel; account: Account }) {
  const { firstDay, lastDay } = model.filter.value;
  const named = (text: string): string | undefined => {
    const start = dayStart(text);
    return start === undefined ? undefined : day(start);
  };
  const from = named(firstDay);
  const to = named(lastDay);
  const dates =
    from !== undefined && to !== undefined
      ? t.exportBetween(from, to)
      : from !== undefined
        ? t.exportSince(from)
        : to !== undefined
          ? t.exportUntil(to)
          : t.exportAnyDate;
  return (
    <dl class="facts">
      <div>
        <dt>{t.account}</dt>
        <dd>{account.name}</dd>
      </div>
      <div>
        <dt>{t.exportWhat}</dt>
        <dd>{model.searching.value ? t.exportMatching : t.exportAll}</dd>
      </div>
      <div>
        <dt>{t.exportDates}</dt>
        <dd>{dates}</dd>
      </div>
    </dl>
  );
}

function Outcome({ run }: { run: Run }) {
  switch (run.kind) {
    case 'ready':
      return null;
    case 'running':
      return (
        <div class="stack stack-tight">
          <progress class="mov-progress" aria-label={t.exportTitle} />
          <p class="muted figures">{t.exporting(count(run.progress.looked), count(run.progress.matched))}</p>
        </div>
      );
    case 'failed':
      return (
        <Banner tone="danger" role="alert" title={t.loadFailed}>
          {explain(run.error)}
        </Banner>
      );
    case 'done': {
      const { matched, complete, oldestUs } = run.file;
      return (
        <>
          <Banner tone={matched > 0 ? 'done' : 'note'} title={matched > 0 ? t.exportDone(count(matched)) : t.exportEmpty} />
          {!complete && oldestUs !== undefined && (
            <Banner tone="caution" title={t.exportCut(count(exportLegsMax), day(oldestUs))} />
          )}
        </>
      );
    }
  }
}

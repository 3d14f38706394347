import { useState } from 'preact/hooks';
import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { count } from '../../format.ts';
import { go } from '../../router.ts';
import { Button, Field, Icon, Select } from '../../ui/index.ts';
import { ExportDialog } from './export-dialog.tsx';
import { conditions } from './filter.ts';
import { FilterPanel } from './filter-panel.tsx';
import type { ListModel } from './list-model.ts';
import { t } from './text.ts';

/** Longest search; a longer one finds nothing that a shorter one would not. */
const searchMax = 100;

/** The page's head: which account, what to look for, and the export. */
export function Toolbar({ model, account, accounts }: { model: ListModel; account: Account; accounts: readonly Account[] }) {
  const [filtering, setFiltering] = useState(() => conditions(model.filter.peek()) > 0);
  const [exporting, setExporting] = useState(false);
  const filter = model.filter.value;
  const set = conditions(filter);
  return (
    <div class="stack">
      <header class="page-head">
        <h1 tabIndex={-1}>{t.title}</h1>
        <Button icon="download" onClick={() => setExporting(true)}>
          {t.exportCsv}
        </Button>
      </header>
      <div class="mov-tools" role="search">
        {accounts.length > 1 && (
          <Select
            plain
            class="mov-account"
            label={t.account}
            value={account.clabe}
            choices={accounts.map((a) => ({ value: a.clabe, label: `${a.name} · ${a.clabe.slice(-4)}` }))}
            onValue={(clabe) => go(`/movements/${clabe}`, { replace: true })}
          />
        )}
        <Field
          plain
          class="mov-search"
          label={t.search}
          type="search"
          inputMode="search"
          enterKeyHint="search"
          autocomplete="off"
          spellcheck={false}
          maxLength={searchMax}
          placeholder={t.searchHint}
          value={filter.text}
          onValue={(text) => model.setFilter({ ...filter, text })}
          before={<Icon name="search" />}
          onKey={(event) => {
            if (event.key === 'Escape' && filter.text !== '') model.setFilter({ ...filter, text: '' });
          }}
        />
        <Button
          class="mov-filter-button"
          aria-expanded={filtering}
          aria-controls="mov-filters"
          onClick={() => setFiltering(!filtering)}
        >
          {set === 0 ? t.filters : t.filtersSet(count(set))}
        </Button>
      </div>
      <div id="mov-filters" hidden={!filtering}>
        <FilterPanel model={model} currency={account.currency} />
      </div>
      {exporting && <ExportDialog model={model} account={account} onClose={() => setExporting(false)} />}
    </div>
  );
}

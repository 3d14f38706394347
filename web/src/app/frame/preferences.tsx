import { language, languages } from '../i18n.ts';
import { theme } from '../theme.ts';
import { Segmented } from '../ui/index.ts';
import { t } from './text.ts';

/** The language and the light, for everybody, signed in or not. */
export function Preferences({ small }: { small?: boolean }) {
  return (
    <div class="preferences">
      <Segmented
        label={t.language}
        small={small === true}
        value={language.value}
        onValue={(chosen) => {
          language.value = chosen;
        }}
        choices={languages.map(({ code, name }) => ({ value: code, label: name }))}
      />
      <Segmented
        label={t.theme}
        small={small === true}
        iconsOnly={small === true}
        value={theme.value}
        onValue={(chosen) => {
          theme.value = chosen;
        }}
        choices={[
          { value: 'system', label: t.themeSystem, ...(small === true ? { icon: 'system' } : {}) },
          { value: 'light', label: t.themeLight, ...(small === true ? { icon: 'sun' } : {}) },
          { value: 'dark', label: t.themeDark, ...(small === true ? { icon: 'moon' } : {}) },
        ]}
      />
    </div>
  );
}

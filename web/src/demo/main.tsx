import { render } from 'preact';
import { followLanguage } from '../app/i18n.ts';
import { followTheme } from '../app/theme.ts';
import { Holder } from './holder.ts';

followLanguage();
followTheme();
const root = document.getElementById('app');
if (root !== null) {
  await start(root);
}

/** Both holders connect while the page's own code is still on its way. */
async function start(at: HTMLElement): Promise<void> {
  try {
    const url = `wss://${location.host}/ws`;
    const [left, right, { Demo }] = await Promise.all([
      Holder.open('left', url),
      Holder.open('right', url),
      import('./demo.tsx'),
    ]);
    render(<Demo holders={{ left, right }} />, at);
  } catch (error) {
    const { Broken } = await import('../app/views/signin/stop-page.tsx');
    render(
      <main class="outside">
        <Broken error={error} />
      </main>,
      at,
    );
  }
}

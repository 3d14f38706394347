import { render } from 'preact';
import { followLanguage } from '../app/i18n.ts';
import { Starting } from '../app/stage/starting.tsx';
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
  render(<Starting />, at);
  try {
    const url = `wss://${location.host}/ws`;
    const [left, right, { Demo }] = await Promise.all([
      Holder.open('left', url),
      Holder.open('right', url),
      import('./demo.tsx'),
    ]);
    render(<Demo holders={{ left, right }} />, at);
  } catch (error) {
    render(<Starting error={error} />, at);
  }
}

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
  const url = `wss://${location.host}/ws`;
  const opening = Promise.all([Holder.open('left', url), Holder.open('right', url)]);
  opening.catch(() => undefined); // told below
  const [{ Demo }, { Starting }] = await Promise.all([import('./demo.tsx'), import('../app/stage/starting.tsx')]);
  render(<Starting />, at);
  try {
    const [left, right] = await opening;
    render(<Demo holders={{ left, right }} />, at);
  } catch (error) {
    render(<Starting error={error} />, at);
  }
}

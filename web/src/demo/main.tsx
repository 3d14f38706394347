import { render } from 'preact';
import { followLanguage } from '../app/i18n.ts';
import { followTheme } from '../app/theme.ts';
import { Demo } from './Demo.tsx';
import { Holder } from './holder.ts';

followLanguage();
followTheme();
const url = `wss://${location.host}/ws`;
const [left, right] = await Promise.all([Holder.open('left', url), Holder.open('right', url)]);
const root = document.getElementById('app');
if (root !== null) {
  render(<Demo holders={{ left, right }} />, root);
}

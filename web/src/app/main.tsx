import { render } from 'preact';
import { BrowserStore, Client } from '../caudal/index.ts';
import { App } from './app.tsx';
import { Bank } from './bank.ts';
import { followLanguage } from './i18n.ts';
import { followHash } from './router.ts';
import { followTheme } from './theme.ts';

followLanguage();
followTheme();
followHash();
const url = `${location.protocol === 'http:' ? 'ws' : 'wss'}://${location.host}/ws`;
const store = await BrowserStore.open('caudal');
const client = new Client({ url, store, program: 'caudal-web/1.0', deviceName: navigator.userAgent.slice(0, 60) });
client.start();
const root = document.getElementById('app');
if (root !== null) {
  render(<App bank={new Bank(client)} />, root);
}

import { render } from 'preact';
import { BrowserStore, Client } from '../caudal/index.ts';
import { App } from './app.tsx';
import { Bank } from './bank.ts';
import { deviceName } from './device-name.ts';
import { followLanguage } from './i18n.ts';
import { followHash } from './router.ts';
import { Starting } from './stage/starting.tsx';
import { followTheme } from './theme.ts';

followLanguage();
followTheme();
followHash();
const root = document.getElementById('app');
if (root !== null) {
  await start(root);
}

async function start(at: HTMLElement): Promise<void> {
  render(<Starting />, at);
  try {
    const store = await BrowserStore.open('caudal');
    const url = `wss://${location.host}/ws`;
    const client = new Client({ url, store, program: 'caudal-web/1.0', deviceName: deviceName(navigator.userAgent, navigator.maxTouchPoints) });
    const bank = new Bank(client);
    client.start();
    render(<App bank={bank} />, at);
  } catch (error) {
    render(<Starting error={error} />, at);
  }
}

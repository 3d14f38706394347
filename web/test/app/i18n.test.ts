import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import '../../src/app/errors-text.ts';
import '../../src/app/frame/text.ts';
import '../../src/app/ui/text.ts';
import '../../src/app/views/accounts/text.ts';
import '../../src/app/views/movements/text.ts';
import '../../src/app/views/open/text.ts';
import '../../src/app/views/orders/text.ts';
import '../../src/app/views/security/text.ts';
import '../../src/app/views/send/text.ts';
import '../../src/app/views/signin/text.ts';
import '../../src/app/views/teller/text.ts';
import { catalogue, catalogues, language } from '../../src/app/i18n.ts';

/** What a text says, also one that takes something: numbers and words stand in for what is only known later. */
function said(text: unknown, argument: string | number): string {
  return typeof text === 'function' ? String(text(argument, argument, argument, argument, argument)) : String(text);
}

test('every catalogue says every text in both languages', () => {
  assert.ok(catalogues.size >= 11, `only ${catalogues.size} catalogues`);
  for (const [area, { es, en }] of catalogues) {
    assert.deepEqual(Object.keys(en).sort(), Object.keys(es).sort(), area);
    for (const key of Object.keys(es)) {
      for (const [name, texts] of Object.entries({ es, en })) {
        assert.equal(typeof texts[key], typeof es[key], `${area}.${key}`);
        for (const argument of [1, 2]) {
          const words = said(texts[key], argument);
          assert.notEqual(words.trim(), '', `${area}.${key} in ${name} says nothing`);
          assert.doesNotMatch(words, /undefined|\[object|TODO/, `${area}.${key} in ${name}`);
        }
      }
      assert.equal(
        typeof es[key] === 'function' ? (es[key] as () => string).length : 0,
        typeof en[key] === 'function' ? (en[key] as () => string).length : 0,
        `${area}.${key} takes as much in both languages`,
      );
    }
  }
});

test('every view that has texts is compared here', () => {
  const views = join(root(), 'src/app/views');
  for (const entry of readdirSync(views, { recursive: true, encoding: 'utf8' })) {
    if (entry.endsWith('text.ts')) {
      assert.ok(catalogues.has(dirname(entry)), `views/${entry}: no catalogue of this name is imported here`);
    }
  }
});

test('a text follows the language', () => {
  const t = catalogue('test', { hello: 'Hola', to: (name: string) => `Hola, ${name}` }, { hello: 'Hello', to: (name) => `Hello, ${name}` });
  catalogues.delete('test');
  language.value = 'es-MX';
  assert.equal(t.hello, 'Hola');
  assert.equal(t.to('Ana'), 'Hola, Ana');
  language.value = 'en';
  assert.equal(t.hello, 'Hello');
  assert.equal(t.to('Ana'), 'Hello, Ana');
});

/** The folder web, from wherever the tests were bundled to: they run from the repository or from web. */
function root(): string {
  return readdirSync('.').includes('package.json') ? '.' : 'web';
}

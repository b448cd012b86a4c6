// The search and the copying of code in a real browser, in each theme, under the policy that the build computed.
// `node --test tests/browser/`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

import { need } from './pages.mjs';

const USAGE = 'needs the npm packages `playwright-core` and `axe-core`, Chromium, and a built `blog`';
const { chromium } = need('playwright-core', USAGE);
const axe = readFileSync(need('axe-core', USAGE, (require) => require.resolve('axe-core/axe.min.js')), 'utf8');
const root = fileURLToPath(new URL('../..', import.meta.url));
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.json': 'application/json', '.svg': 'image/svg+xml' };
const THEMES = ['paper', 'gazette', 'teletype'];
const BASE = '/a/blog/';

/** The newest `blog` that was built. */
function program() {
  const built = ['release', 'debug'].map((profile) => join(root, 'target', profile, 'blog')).filter(existsSync);
  assert.ok(built.length > 0, 'there is no blog to build with: run `cargo build` first');
  return built.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0];
}

const post = (title, body) => `+++\ntitle = "${title}"\ndate = 2026-11-01\n+++\n${body}\n`;
const files = (theme) => ({
  'site.toml': `title = "A blog"\nbase_url = "https://blog.example${BASE}"\ntimezone = "UTC"\ntheme = "${theme}"
headers_from = "netlify"\n[search]\n[csp]\nmode = "auto"\n`,
  'content/posts/marmalade.md': post('Marmalade', 'Oranges, sugar and <b>patience</b>: a & b < c.\n\n## Jars\n\nGlass ones.'),
  'content/posts/breakfast.md': post('Breakfast', 'Toast with orange marmalade, and tea.'),
  'content/posts/code.md': post('Code', 'Before.\n\n```rust\nlet oven = 1;\nlet tray = 2;\n```\n\nBetween.\n\n'
    + '```rust {title="main.rs", del=1, ins=2}\nlet old = 1;\nlet new = 2;\n```\n\nAfter.'),
});

/** A site that is built and served below a path; while `away.index` is set, the index is answered with 404. */
async function built(theme, more = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'watchpost-'));
  for (const [name, text] of Object.entries({ ...files(theme), ...more })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const run = spawnSync(program(), ['build', '--root', folder], { encoding: 'utf8', env: { ...process.env, CI: '' } });
  assert.equal(run.status, 0, run.stderr);
  const out = join(folder, 'public');
  const [, policy] = readFileSync(join(out, '_headers'), 'utf8').match(/Content-Security-Policy: (.*)/);
  const [asked, away] = [[], { index: false }];
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    asked.push(path);
    let name = normalize(decodeURIComponent(path.startsWith(BASE) ? path.slice(BASE.length) : 'nothing'));
    if (name === '.' || name.endsWith('/')) name = join(name, 'index.html');
    const isAway = away.index && path.includes('/pagefind/');
    const found = !isAway && existsSync(join(out, name)) && statSync(join(out, name)).isFile();
    response.writeHead(found ? 200 : 404, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': policy,
    });
    response.end(found ? readFileSync(join(out, name)) : 'nothing');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const home = `http://127.0.0.1:${server.address().port}${BASE}`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { home, asked, away, stop, policy };
}

let browser;
before(async () => {
  const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  browser = await chromium.launch({ executablePath, args: ARGUMENTS });
});
after(() => browser.close());

/** Opens a page that keeps what goes wrong on it, and what moves. */
async function open(address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  context.setDefaultTimeout(10_000);
  await context.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((entry) => entry.value)))
      .observe({ type: 'layout-shift', buffered: true });
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
  });
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(error.message));
  await page.goto(address, { waitUntil: 'load' });
  return page;
}

const focused = (page) => page.evaluate(() => document.activeElement.textContent || document.activeElement.localName);
const results = (page) => page.locator('.search-results a').allInnerTexts();

for (const theme of THEMES) {
  test(`${theme}: a query finds pages, and the keyboard alone goes there`, async () => {
    const site = await built(theme);
    const page = await open(site.home);
    assert.equal(site.asked.filter((path) => path.includes('pagefind')).length, 0, 'nothing is loaded before it is wanted');
    await page.keyboard.press('/');
    await page.locator('dialog.search[open]').waitFor();
    assert.equal(await focused(page), 'input');
    await page.keyboard.type('marmalade');
    await page.locator('.search-results a').nth(1).waitFor();
    assert.deepEqual((await results(page)).sort(), ['Breakfast', 'Marmalade']);
    assert.match(await page.locator('.search-status').innerText(), /2/);
    assert.ok(await page.locator('.search-results mark').count() > 0, 'what was found is marked');
    const first = (await results(page))[0];
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(page), first);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(page), 'input', 'after the last result comes the box again');
    await page.keyboard.press('ArrowUp');
    assert.equal(await focused(page), (await results(page))[1]);
    await page.keyboard.press('Escape');
    await page.locator('dialog.search[open]').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.locator('dialog.search[open]').waitFor();
    await page.keyboard.type('patience');
    await page.waitForFunction(() => document.querySelectorAll('.search-results a').length === 1);
    const text = await page.locator('.search-results p').innerText();
    assert.match(text, /patience: a & b < c/, 'what is text on the page is text in the list');
    await Promise.all([page.waitForURL(`${site.home}posts/marmalade/`), page.keyboard.press('Enter')]);
    assert.deepEqual(page.errors, []);
    await page.context().close();
    site.stop();
  });

  test(`${theme}: nothing moves, nothing is refused, and what is not there is said`, async () => {
    const site = await built(theme);
    const page = await open(site.home);
    await page.keyboard.press('/');
    await page.keyboard.type('zzzzzz');
    await page.waitForFunction(() => document.querySelector('.search-status').textContent);
    assert.match(await page.locator('.search-status').innerText(), /Nothing/);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
    assert.ok(site.policy.includes("'wasm-unsafe-eval'"));
    assert.deepEqual(await page.evaluate(() => window.shifts), []);
    await page.context().close();
    // The same look for readers with and without scripts, but for the button.
    const without = await open(site.home, { javaScriptEnabled: false });
    assert.equal(await without.locator('.search-open').isVisible(), false);
    assert.equal(await without.locator('dialog').isVisible(), false);
    await without.context().close();
    site.stop();
  });

  test(`${theme}: the open box is clean by axe, by day and by night`, async () => {
    const site = await built(theme);
    for (const colorScheme of ['light', 'dark']) {
      const page = await open(`${site.home}posts/code/`, { bypassCSP: true, colorScheme });
      await page.keyboard.press('/');
      await page.keyboard.type('marmalade');
      await page.locator('.search-results a').first().waitFor();
      await page.addScriptTag({ content: axe });
      const found = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), RULES);
      assert.deepEqual(found.violations.map((one) => `${one.id}: ${one.nodes[0].html}`), []);
      await page.keyboard.press('Escape');
      await page.locator('dialog.search[open]').waitFor({ state: 'detached' });
      await page.locator('.code-block').first().hover();
      const rest = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), RULES);
      assert.deepEqual(rest.violations.map((one) => `${one.id}: ${one.nodes[0].html}`), []);
      await page.context().close();
    }
    site.stop();
  });

  test(`${theme}: code is copied by a button that moves nothing`, async () => {
    const site = await built(theme);
    const page = await open(`${site.home}posts/code/`, { permissions: ['clipboard-read', 'clipboard-write'] });
    const buttons = page.locator('.copy');
    assert.equal(await buttons.count(), 2);
    const copied = async (index) => {
      await buttons.nth(index).focus();
      await page.keyboard.press('Enter');
      await page.waitForFunction((index) => document.querySelectorAll('.copy')[index].textContent === 'Copied', index);
      return page.evaluate(() => navigator.clipboard.readText());
    };
    assert.equal(await copied(0), 'let oven = 1;\nlet tray = 2;\n');
    assert.equal(await copied(1), 'let new = 2;\n', 'what is shown as taken out is not copied');
    assert.deepEqual(await page.evaluate(() => window.shifts), []);
    const tops = (page) => page.locator('.prose > *').evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top + scrollY)));
    const without = await open(`${site.home}posts/code/`, { javaScriptEnabled: false });
    assert.equal(await without.locator('.copy').count(), 0);
    assert.deepEqual(await tops(page), await tops(without), 'every block stands where it stands without scripts');
    assert.deepEqual(page.errors, []);
    await page.context().close();
    await without.context().close();
    site.stop();
  });
}

test('a search that cannot be reached says so, and works again when it can', async (t) => {
  const site = await built('paper');
  t.after(() => site.stop());
  site.away.index = true;
  const page = await open(site.home);
  t.after(() => page.context().close());
  await page.keyboard.press('/');
  await page.keyboard.type('marmalad');
  await page.getByText('The search cannot be reached').waitFor();
  site.away.index = false;
  await page.keyboard.type('e');
  await page.locator('.search-results a').first().waitFor();
  assert.equal(await page.getByText('The search cannot be reached').count(), 0);
});

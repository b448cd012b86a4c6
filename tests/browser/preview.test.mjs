// The preview in a real browser: `blog serve` writes, Chromium reads. `node --test tests/browser/`.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
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

/** The newest `blog` that was built. */
function program() {
  const built = ['release', 'debug'].map((profile) => join(root, 'target', profile, 'blog')).filter(existsSync);
  assert.ok(built.length > 0, 'there is no blog to serve with: run `cargo build` first');
  return built.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0];
}

const SETTINGS = `title = "A blog"
base_url = "https://blog.example/"
timezone = "UTC"
theme = "paper"
authors = ["Ada"]
[[analytics]]
provider = "goatcounter"
endpoint = "https://stats.example/"
site = "blog"
`;
const TEMPLATE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ page.title }}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css">{{ analytics() }}</head>
<body><main><h1>{{ page.title }}</h1>{{ page.content }}</main></body></html>
`;
const post = (body, front = '') => `+++\ntitle = "A post"\ndate = 2026-11-01\n${front}+++\n${body}\n`;
const long = Array.from({ length: 60 }, (_, index) => `Paragraph ${index}.\n`).join('\n');
const usual = {
  'site.toml': SETTINGS,
  'templates/post.html': TEMPLATE,
  'static/style.css': 'p { color: rgb(1, 1, 1) }\n',
  'content/posts/a.md': post(`${long}\nThe end.`),
  'content/posts/b.md': post('Another.'),
};

/** A site that is served; `write` changes a file of it. */
async function serve(files, ...flags) {
  const folder = mkdtempSync(join(tmpdir(), 'watchpost-'));
  const write = (name, text) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  for (const [name, text] of Object.entries({ ...usual, ...files })) if (text !== undefined) write(name, text);
  const words = ['serve', '--root', folder, '--format', 'json', ...flags];
  if (!flags.includes('--port')) words.push('--port', '0');
  const child = spawn(program(), words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => { said += data; });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const origin = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { url } = JSON.parse(line);
      if (url) resolve(new URL(url).origin);
    });
    ended.then((code) => reject(new Error(`blog ended with ${code}: ${said}`)));
  });
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { origin, port: new URL(origin).port, write, stop, folder };
}

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

function launch(...more) {
  const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  return chromium.launch({ executablePath, args: [...ARGUMENTS, ...more] });
}

/** Opens a page whose shadow can be looked into, and which keeps what goes wrong on it. */
async function open(address, { options = {}, using = browser } = {}) {
  const context = await using.newContext(options);
  context.setDefaultTimeout(10_000);
  await context.addInitScript(() => {
    const attach = Element.prototype.attachShadow;
    Element.prototype.attachShadow = function (settings) { return attach.call(this, { ...settings, mode: 'open' }); };
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
    window.ran = [];
    window.alert = (text) => window.ran.push(text);
  });
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') page.errors.push(message.text()); });
  if (address) {
    await page.goto(address);
    await told(page);
  }
  return page;
}

const bar = (page) => page.locator('watchpost-preview aside');
const overlay = (page) => page.locator('watchpost-preview dialog');

/** Waits until the bar has been told something of this page. */
const told = (page) => page.waitForFunction(() => document.querySelector('watchpost-preview')?.shadowRoot.querySelector('[role=status]').textContent);

/** Runs over a site that is served, and ends it whatever happens. */
async function over(files, flags, story) {
  const site = await serve(files, ...flags);
  try {
    await story(site);
  } finally {
    await site.stop();
  }
}

test('an edited post is patched in place: scroll, input and the running page stay', () => over({}, [], async (site) => {
  const page = await open(`${site.origin}/posts/a/`);
  await page.evaluate(() => { window.mark = 1; scrollTo({ top: 500, behavior: 'instant' }); });
  site.write('content/posts/a.md', post(`${long}\nThe new end.`).replace('A post', 'A better post'));
  await page.getByText('The new end.').waitFor();
  assert.deepEqual(await page.evaluate(() => [window.mark, scrollY, document.title]), [1, 500, 'A better post']);
  site.write('templates/post.html', TEMPLATE.replace('<main>', '<main><p id="new">From the template.</p>'));
  await page.getByText('From the template.').waitFor();
  assert.equal(await page.evaluate(() => window.mark), 1);
  const hits = await page.evaluate(() => performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/count?')).length);
  assert.equal(hits, 1, 'a patch is no visit');
  assert.deepEqual(page.errors, []);
  await page.context().close();
}));

test('a stylesheet is swapped without a reload', () => over({}, [], async (site) => {
  const page = await open(`${site.origin}/posts/a/`);
  await page.evaluate(() => { window.mark = 1; });
  site.write('static/style.css', 'p { color: rgb(9, 8, 7) }\n');
  await page.waitForFunction(() => getComputedStyle(document.querySelector('main p')).color === 'rgb(9, 8, 7)');
  await page.waitForFunction(() => document.querySelectorAll('link[rel=stylesheet]').length === 1);
  assert.equal(await page.evaluate(() => window.mark), 1);
  await page.context().close();
}));

test('a changed script reloads the page', () => over({
  'content/posts/a.md': post('<script src="/a.js"></script>\n\nText.'),
  'static/a.js': 'window.version = 1',
}, [], async (site) => {
  const page = await open(`${site.origin}/posts/a/`);
  site.write('content/posts/a.md', post('<script>window.version = 2</script>\n\nText.'));
  await page.waitForFunction(() => window.version === 2);
  await page.context().close();
}));

const picture = (width) => `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="5"/>`;

test('a changed image is shown without a reload, and a changed script file is run by one', () => over({
  'content/posts/a.md': post('<img src="/p.svg" alt=""><script src="/a.js"></script>\n\nText.'),
  'static/p.svg': picture(7),
  'static/a.js': 'window.version = 1',
}, [], async (site) => {
  const page = await open(`${site.origin}/posts/a/`);
  await page.evaluate(() => { window.mark = 1; });
  site.write('static/p.svg', picture(9));
  await page.waitForFunction(() => document.images[0].naturalWidth === 9);
  assert.equal(await page.evaluate(() => window.mark), 1);
  site.write('static/a.js', 'window.version = 2');
  await page.waitForFunction(() => window.version === 2);
  await page.context().close();
}));

test('a broken file is shown over its page as text, and is gone when it is mended', () => over({}, [], async (site) => {
  const page = await open(`${site.origin}/posts/a/`);
  const elements = await page.evaluate(() => document.querySelectorAll('*').length);
  site.write('content/posts/a.md', '+++\ntitle = "<script>alert(1)</script><img src=x onerror=alert(2)>"\ntilte = 1\n+++\nText.\n');
  await overlay(page).waitFor({ state: 'visible' });
  const text = await overlay(page).innerText();
  assert.match(text, /content\/posts\/a\.md:3:1/);
  assert.match(text, /3 \| tilte = 1/);
  assert.match(await page.locator('main').innerText(), /The end\./, 'the last good page is behind it');
  assert.equal(await page.evaluate(() => document.querySelectorAll('*').length), elements);
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press('Escape');
  await overlay(page).waitFor({ state: 'hidden' });
  site.write('content/posts/a.md', '+++\ntitle = "<script>alert(1)</script>"\ntitel = 1\n+++\nText.\n');
  await overlay(page).waitFor({ state: 'visible' });
  const other = await open(`${site.origin}/posts/b/`);
  assert.equal(await overlay(other).isVisible(), false, 'the rest of the site is served');
  site.write('content/posts/a.md', post('Mended.'));
  await overlay(page).waitFor({ state: 'hidden' });
  await page.getByText('Mended.').waitFor();
  assert.deepEqual(await page.evaluate(() => window.ran), []);
  await page.context().close();
  await other.context().close();
}));

test('a site that cannot be read says why, and appears when it can', () => over({
  'site.toml': `${SETTINGS}\ntitel = "<script>alert(1)</script>"\n`,
}, [], async (site) => {
  const page = await open(`${site.origin}/posts/a/`);
  assert.match(await page.locator('main').innerText(), /site\.toml[\s\S]*titel = "<script>/);
  assert.equal(await overlay(page).isVisible(), false, 'the page itself is the list');
  assert.deepEqual(await findings(page), []);
  site.write('site.toml', SETTINGS);
  await page.getByText('The end.').waitFor();
  assert.deepEqual(await page.evaluate(() => window.ran), []);
  await page.context().close();
}));

test('with --navigate a page goes to the post that was just saved', () => over({}, ['--navigate'], async (site) => {
  const page = await open(`${site.origin}/posts/a/`);
  site.write('content/posts/b.md', post('Saved just now.').replace('A post', 'B'));
  await page.waitForURL(`${site.origin}/posts/b/`);
  await page.getByText('Saved just now.').waitFor();
  await page.context().close();
}));

test('the hit that a page sends goes to the stand-in, is judged, and is in the bar', () => over({
  'templates/page.html': TEMPLATE.replace('</head>', '<link rel="canonical" href="/posts/a/"></head>'),
  'content/about.md': '+++\ntitle = "About"\n+++\nText.\n',
}, [], async (site) => {
  const page = await open(`${site.origin}/posts/a/`);
  // On a busy machine the page may have been loaded anew meanwhile, and have sent another.
  await bar(page).getByText(/^[1-9]\d* hits?$/).waitFor();
  await bar(page).getByRole('button', { name: 'More' }).click();
  const text = await bar(page).innerText();
  assert.match(text, /GoatCounter: page view of \/posts\/a\//);
  assert.match(text, /L0[^\n]*the one page carries the GoatCounter snippet/);
  assert.match(text, /never verified/);
  await page.goto(`${site.origin}/about/`);
  await bar(page).getByText('1 bad hit').waitFor();
  assert.match(await bar(page).innerText(), /counted under \/posts\/a\/, and the page that sent it is \/about\//);
  await page.context().close();
}));

test('a hit that is told while the bar still asks is not lost', () => over({}, [], async (site) => {
  const page = await open(`${site.origin}/posts/a/`);
  await bar(page).getByText('1 hit', { exact: true }).waitFor();
  // Of the second visit only the hit below is sent: the page's own may be sent before the stream that tells of hits stands.
  await page.route('**/__blog/stats/**', (route) => (route.request().url().endsWith('&rnd=abcde') ? route.continue() : route.abort()));
  let asked = 0;
  await page.route('**/__blog/status**', async (route) => {
    const answer = await route.fetch();
    asked += 1;
    if (asked === 1) {
      // The hit is told before the older answer, which does not know it, arrives.
      await page.evaluate(() => fetch('/__blog/stats/0/count?p=%2Fposts%2Fa%2F&t=A&r=&s=1280,720,1&rnd=abcde'));
      await bar(page).getByText('1 hit', { exact: true }).waitFor();
    }
    await route.fulfill({ response: answer });
  });
  const again = page.waitForResponse((answer) => answer.url().includes('/__blog/status') && asked > 1);
  await page.reload();
  await again;
  await bar(page).getByText('2 hits', { exact: true }).waitFor();
  await page.context().close();
}));

test('every provider\'s hits are good, also of a site below a path', () => over({
  'site.toml': `${SETTINGS.replace('blog.example/', 'blog.example/below/')}
[[analytics]]
provider = "matomo"
endpoint = "https://matomo.example/"
site = "7"
`,
  'templates/post.html': TEMPLATE.replace('/style.css', '/below/style.css'),
}, [], async (site) => {
  const page = await open(`${site.origin}/below/posts/a/`);
  await bar(page).getByText('2 hits', { exact: true }).waitFor();
  await page.evaluate(() => { window.mark = 1; });
  site.write('static/style.css', 'p { color: rgb(9, 8, 7) }\n');
  await page.waitForFunction(() => getComputedStyle(document.querySelector('main p')).color === 'rgb(9, 8, 7)');
  site.write('content/posts/a.md', post('Below.'));
  await page.getByText('Below.').waitFor();
  assert.equal(await page.evaluate(() => window.mark), 1);
  await page.context().close();
}));

/** A server that takes any connection, and keeps the first bytes of each. */
async function recorder() {
  const seen = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => { seen.push(data.toString('latin1')); socket.destroy(); });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { seen, port: server.address().port, stop: () => server.close() };
}

test('no request leaves for real analytics, however the snippet got into the page', async () => {
  const real = await recorder();
  const snippets = [
    '<script data-goatcounter="https://real.goatcounter.com/count" async src="//gc.zgo.at/count.js"></script>',
    '<script data-goatcounter="https://stats.example/count" async src="https://stats.example/count.js"></script>',
    `<script>var _paq = window._paq = window._paq || []; _paq.push(['trackPageView']);
(function() { var u="//matomo.example/"; _paq.push(['setTrackerUrl', u+'matomo.php']); _paq.push(['setSiteId', '1']);
var d=document, g=d.createElement('script'), s=d.getElementsByTagName('script')[0];
g.async=true; g.src=u+'matomo.js'; s.parentNode.insertBefore(g,s); })();</script>`,
    '<noscript><img src="https://matomo.example/matomo.php?idsite=1&amp;rec=1" alt=""></noscript>',
    '<img src="https://stats.example/count?p=/a" alt="">',
  ].join('\n\n');
  const rules = `MAP * 127.0.0.1:${real.port}, EXCLUDE 127.0.0.1`;
  const using = await launch(`--host-resolver-rules=${rules}`);
  try {
    await over({ 'content/posts/a.md': post(`${snippets}\n\nText.`) }, [], async (site) => {
      const page = await open(`${site.origin}/posts/a/`, { using });
      await bar(page).getByRole('button', { name: 'More' }).click();
      await bar(page).getByText('made inert').first().waitFor();
      site.write('content/posts/a.md', post(`${snippets}\n\nNew text.`));
      await page.getByText('New text.').waitFor();
      // The recorder works: what is no analytics does arrive there.
      await page.evaluate(() => fetch('https://control.example/').catch(() => {}));
      await page.evaluate(() => fetch('http://control.example/').catch(() => {}));
      const analytics = real.seen.filter((bytes) => /goatcounter|zgo\.at|stats\.example|matomo/.test(bytes));
      assert.deepEqual(analytics, []);
      assert.ok(real.seen.some((bytes) => bytes.includes('control.example')));
    });
  } finally {
    await using.close();
    real.stop();
  }
});

test('another name for this machine gets nothing', () => over({}, [], async (site) => {
  const using = await launch(`--host-resolver-rules=MAP evil.test 127.0.0.1:${site.port}`);
  try {
    const page = await open(null, { using });
    const answer = await page.goto('http://evil.test/posts/a/');
    assert.equal(answer.status(), 403);
    assert.doesNotMatch(await page.content(), /A post|Paragraph/);
  } finally {
    await using.close();
  }
}));

test('a page elsewhere can neither read nor listen', () => over({}, [], async (site) => {
  const elsewhere = createHttp((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>Elsewhere</title>');
  });
  await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  try {
    const page = await open(null);
    await page.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
    const got = await page.evaluate(async (origin) => {
      const read = (path) => fetch(origin + path).then((answer) => answer.text()).catch(() => 'refused');
      const listen = (path) => new Promise((resolve) => {
        const stream = new EventSource(origin + path);
        stream.onopen = () => resolve('open');
        stream.onerror = () => { stream.close(); resolve('refused'); };
      });
      const send = fetch(`${origin}/__blog/stats/0/count?p=/x&t=X`, { method: 'POST' }).then((answer) => String(answer.status)).catch(() => 'refused');
      return Promise.all([read('/posts/a/'), read('/__blog/status?page=/posts/a/'), listen('/__blog/events?page=/posts/a/'), send]);
    }, site.origin);
    assert.deepEqual(got, ['refused', 'refused', 'refused', 'refused']);
    await page.context().close();
  } finally {
    elsewhere.close();
  }
}));

test('whatever a post is called, nothing of it runs and no node is added', async () => {
  const polyglots = [
    '</title></textarea></style><script>alert(1)</script>',
    '\\"\'><img src=x onerror=alert(2)>',
    'javascript:/*--></script><svg onload=alert(3)>',
    '{{ 7*7 }}<iframe srcdoc=alert(4)>',
  ];
  const counted = async (title) => {
    let found;
    const quoted = (text) => `"${text.replace(/([^\\])"/g, '$1\\"')}"`;
    const front = (year) => `title = ${quoted(title)}\ndate = ${year}-11-01\ndraft = true
authors = [${quoted(title)}]\n[taxonomies]\ntags = [${quoted(title)}]\n`;
    const text = (year) => `+++\n${front(year)}+++\nText.\n`;
    const files = {
      'templates/post.html': undefined,
      'content/posts/a.md': text(2025),
      'content/posts/c.md': text(2026).replace('11-01', '11-02'),
      // Hidden, so that the list names its file.
      [`content/posts/${title.replaceAll('/', '')}.md`]: text(2999),
    };
    await over(files, ['--drafts'], async (site) => {
      found = [];
      for (const path of ['/posts/a/', '/', '/__blog/']) {
        const page = await open(null);
        await page.goto(site.origin + path);
        await told(page);
        found.push(await page.evaluate(() => [
          document.querySelectorAll('*').length,
          document.querySelectorAll('script').length,
          document.querySelectorAll('[onerror], [onload], iframe').length,
          window.ran.length,
        ]));
        await page.context().close();
      }
    });
    return found;
  };
  const plain = await counted('A plain title');
  for (const polyglot of polyglots) assert.deepEqual(await counted(polyglot), plain, polyglot);
});

test('under a strict policy page, bar and reload work, and the policy is told', () => over({
  'static/_headers': "/*\n  Content-Security-Policy: default-src 'self'; script-src 'self' https://stats.example; connect-src https://stats.example; require-trusted-types-for 'script'; upgrade-insecure-requests; frame-ancestors 'none'\n  Strict-Transport-Security: max-age=31536000\n",
  'templates/post.html': TEMPLATE.replace('<link rel="icon" href="data:,">', ''),
}, [], async (site) => {
  const answer = await fetch(`${site.origin}/posts/a/`);
  assert.equal(answer.headers.get('strict-transport-security'), null);
  assert.match(answer.headers.get('content-security-policy'), /script-src 'self' http:\/\/127\.0\.0\.1:\d+ 'sha256-[^']+'/);
  const page = await open(`${site.origin}/posts/a/`);
  await page.evaluate(() => { window.mark = 1; });
  site.write('content/posts/a.md', post('Under a policy.'));
  await page.getByText('Under a policy.').waitFor();
  assert.equal(await page.evaluate(() => window.mark), 1);
  await bar(page).getByText('1 hit', { exact: true }).waitFor();
  await bar(page).getByRole('button', { name: 'More' }).click();
  assert.match(await bar(page).innerText(), /as in production, but for this: .*upgrade-insecure-requests is left out/);
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  await page.context().close();
}));

/** What axe finds on a page, shadows included. */
async function findings(page) {
  // Not as a script element: a policy may forbid those.
  await page.evaluate(axe);
  return page.evaluate(async (rules) => {
    const { violations } = await window.axe.run(document, { runOnly: rules });
    return violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(' ')).join(' | ')}`);
  }, RULES);
}

test('bar and list are accessible in both schemes and at every width, by keyboard too', () => over({
  'content/posts/c.md': post('Hidden.', 'draft = true\n'),
}, [], async (site) => {
  for (const colorScheme of ['light', 'dark']) for (const width of [320, 768, 1280]) {
    const options = { colorScheme, viewport: { width, height: 700 } };
    const page = await open(`${site.origin}/posts/a/`, { options });
    if (width === 320) {
      assert.equal(await bar(page).getByRole('button').count(), 1, 'it starts small on a narrow screen');
      await bar(page).getByRole('button').focus();
      await page.keyboard.press('Enter');
    }
    await bar(page).getByRole('button', { name: 'More' }).focus();
    await page.keyboard.press('Enter');
    await bar(page).getByRole('region').waitFor();
    assert.deepEqual(await findings(page), [], `bar, ${colorScheme} ${width}`);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `sideways at ${width}`);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await bar(page).isVisible(), false, 'it is not printed');
    await page.emulateMedia({ media: 'screen' });
    await page.goto(`${site.origin}/__blog/`);
    assert.match(await page.locator('main').innerText(), /content\/posts\/c\.md[\s\S]*draft[\s\S]*--drafts/);
    assert.deepEqual(await findings(page), [], `list, ${colorScheme} ${width}`);
    await page.context().close();
  }
}));

test('the preview\'s own page is valid HTML', () => over({}, [], async (site) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchpost-'));
  try {
    const html = await (await fetch(`${site.origin}/__blog/`)).text();
    writeFileSync(join(folder, 'index.html'), html);
    const validate = fileURLToPath(new URL('validate.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [validate, folder], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
}));

test('after the server was started anew, a page finds it and is up to date', async () => {
  const site = await serve({});
  const page = await open(`${site.origin}/posts/a/`);
  await page.evaluate(() => { window.mark = 1; });
  await site.stop();
  const again = await serve({ 'content/posts/a.md': post('From the second server.') }, '--port', site.port);
  try {
    await page.getByText('From the second server.').waitFor();
    await page.context().close();
  } finally {
    await again.stop();
  }
});

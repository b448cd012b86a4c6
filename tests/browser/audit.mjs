// Looks at a built folder in a real browser: every page in a light and a dark scheme, at three widths.
// Each must be free of axe-core's findings (WCAG 2.2 AA and best practice), must not scroll
// sideways, must not log an error, and must ask nobody but its own origin and the analytics.
// Exit: 0 all is well; 1 something is not; 2 called wrongly.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { address, browserPath, documents, need, usage } from './pages.mjs';
import { serve } from './serve.mjs';

const USAGE = `usage: node audit.mjs FOLDER [PAGE…] [--base PATH] [--analytics HOST]… [--screenshots FOLDER]

  FOLDER          what \`blog build\` wrote
  PAGE            files below it, such as posts/hello/index.html; without any: all HTML documents
  --base          where the site stands: / or /blog/
  --analytics     a host that pages may ask for their tracker; requests to it are answered here, never sent
  --screenshots   writes one picture for each page, scheme and width

Needs the npm packages \`playwright-core\` and \`axe-core\` (in a node_modules above this file, or on
NODE_PATH) and Chromium: CHROMIUM names it, else it is looked for on PATH.`;

const WIDTHS = [320, 768, 1280];
const SCHEMES = ['light', 'dark'];
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const { chromium } = need('playwright-core', USAGE);
const axe = await readFile(need('axe-core', USAGE, (require) => require.resolve('axe-core/axe.min.js')), 'utf8');

const { folder, pages, base, analytics, screenshots } = read(process.argv.slice(2));
const names = pages.length > 0 ? pages : await documents(folder);
if (names.length === 0) usage(`there is no HTML document in ${folder}`, USAGE);
if (screenshots) await mkdir(screenshots, { recursive: true });

const server = await serve(folder, base);
const browser = await chromium.launch({ executablePath: browserPath(USAGE), args: ['--no-sandbox', '--disable-gpu'] });
const findings = new Map();
const counts = new Map(SCHEMES.flatMap((scheme) => WIDTHS.map((width) => [`${scheme} ${width}`, 0])));
const undecided = new Map();
try {
  for (const scheme of SCHEMES) {
    const context = await browser.newContext({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const name of names) await look(context, name, scheme);
    await context.close();
  }
} finally {
  await browser.close();
  server.stop();
}

for (const [finding, where] of findings) console.log(`${finding}\n    (${where.join('; ')})`);
console.log(`${names.length} pages`);
for (const [where, count] of counts) console.log(`${where.padEnd(12)}${count} findings`);
for (const [rule, count] of undecided) console.log(`note: axe could not decide \`${rule}\` for ${count} elements`);
process.exit(findings.size > 0 ? 1 : 0);

/** Opens one page, looks at it at each width, and adds what is wrong to `findings`. */
async function look(context, name, scheme) {
  let where;
  const found = (what, detail = '') => {
    const finding = `${name}: ${what}${detail ? `\n    ${detail}` : ''}`;
    findings.set(finding, [...(findings.get(finding) ?? []), where]);
    counts.set(where, counts.get(where) + 1);
  };
  const page = await context.newPage();
  page.on('pageerror', (error) => found('an error in a script', error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') found('an error in the console', message.text());
  });
  await page.route('**/*', (route) => {
    const url = new URL(route.request().url());
    if (url.origin === server.origin || url.protocol === 'data:') return route.continue();
    if (analytics.includes(url.hostname)) {
      return route.fulfill({ status: 200, contentType: 'text/javascript', body: '' });
    }
    found('a request to a third party', url.href);
    return route.abort();
  });
  for (const width of WIDTHS) {
    where = `${scheme} ${width}`;
    await page.setViewportSize({ width, height: 800 });
    if (width === WIDTHS[0]) {
      const response = await page.goto(server.origin + address(base, name), { waitUntil: 'load' });
      if (!response.ok()) found(`answered with ${response.status()}`);
      // Not by a script element: a page's policy need not let one in.
      await page.evaluate(axe);
    }
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (sideways > 0) found(`scrolls sideways by ${sideways} px`, await page.evaluate(widest));
    const report = await page.evaluate((tags) => window.axe.run(document, {
      resultTypes: ['violations', 'incomplete'],
      runOnly: { type: 'tag', values: tags },
    }), TAGS);
    for (const { id, help, nodes } of report.violations) {
      found(`axe: ${id}: ${help}`, nodes.map((node) => node.html.slice(0, 160)).join('\n    '));
    }
    for (const { id, nodes } of report.incomplete) undecided.set(id, (undecided.get(id) ?? 0) + nodes.length);
    if (screenshots) {
      const file = `${name.replaceAll('/', '_').replace(/\.html$/, '')}-${scheme}-${width}.png`;
      await page.screenshot({ path: join(screenshots, file), fullPage: true });
    }
  }
  await page.close();
}

/** Runs in the page: the element that reaches furthest to the right, outside of what scrolls by itself. */
function widest() {
  const clipped = (element) => {
    for (let outer = element.parentElement; outer; outer = outer.parentElement) {
      if (getComputedStyle(outer).overflowX !== 'visible' && outer !== document.body) return true;
    }
    return false;
  };
  const edge = (element) => element.getBoundingClientRect().right;
  const all = [...document.body.querySelectorAll('*')].filter((element) => !clipped(element));
  const last = all.reduce((most, element) => (edge(element) > edge(most) ? element : most), document.body);
  return `${last.outerHTML.slice(0, 160)} ends at ${Math.round(edge(last))} px`;
}

/** Returns what was asked for on the command line. */
function read(words) {
  const asked = { folder: null, pages: [], base: '/', analytics: [], screenshots: null };
  while (words.length > 0) {
    const word = words.shift();
    if (word === '--help') usage('', USAGE);
    if (word === '--base') asked.base = words.shift();
    else if (word === '--analytics') asked.analytics.push(words.shift());
    else if (word === '--screenshots') asked.screenshots = words.shift();
    else if (word.startsWith('--')) usage(`\`${word}\` is not known`, USAGE);
    else if (asked.folder === null) asked.folder = word;
    else asked.pages.push(word);
  }
  if (asked.folder === null) usage('which folder?', USAGE);
  return asked;
}

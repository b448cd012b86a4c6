// Checks every HTML, CSS and SVG file of a built folder with the Nu Html Checker.
// Exit: 0 no error and no warning (notes are fine); 1 something is invalid; 2 called wrongly.

import { spawnSync } from 'node:child_process';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { files, need, usage } from './pages.mjs';

const USAGE = `usage: node validate.mjs FOLDER [--warnings-pass]

  FOLDER            what \`blog build\` wrote
  --warnings-pass   a warning does not fail the run

Needs Java, and the npm package \`vnu-jar\` (in a node_modules above this file, or on NODE_PATH).`;

const words = process.argv.slice(2);
const warningsPass = words.includes('--warnings-pass');
const [folder, ...rest] = words.filter((word) => word !== '--warnings-pass');
if (!folder || rest.length > 0) usage('which folder?', USAGE);
const jar = need('vnu-jar', USAGE);

const kinds = [
  { endings: ['.html'], flag: '--skip-non-html' },
  { endings: ['.css'], flag: '--skip-non-css' },
  { endings: ['.svg'], flag: '--skip-non-svg' },
];
const messages = [];
let checked = 0;
for (const { endings, flag } of kinds) {
  const names = await files(folder, endings);
  checked += names.length;
  // In portions, so that no command line grows too long.
  for (let start = 0; start < names.length; start += 500) {
    messages.push(...check(flag, names.slice(start, start + 500)));
  }
}
if (checked === 0) usage(`there is nothing to check in ${folder}`, USAGE);

// Accents of formulas are operators that consist of a composing character, as MathML Core's operator dictionary has them.
const isAccent = ({ message, extract }) => message.startsWith('Text run starts with a composing') && /[\u0300-\u036f\u20d0-\u20ff]<\/mo>/.test(extract ?? '');
const found = { error: 0, warning: 0, note: 0 };
for (const { type, subType, url, lastLine, message, extract } of messages) {
  if (isAccent({ message, extract })) continue;
  const level = type === 'error' || type === 'non-document-error' ? 'error' : subType === 'warning' ? 'warning' : 'note';
  found[level] += 1;
  if (level === 'note') continue;
  console.log(`${level}: ${name(url)}:${lastLine ?? '?'}: ${message}`);
  if (extract) console.log(`    ${extract.trim().replace(/\s+/g, ' ')}`);
}
console.log(`${checked} files: ${found.error} errors, ${found.warning} warnings, ${found.note} notes`);
process.exit(found.error > 0 || (found.warning > 0 && !warningsPass) ? 1 : 0);

/** Returns the path of a file below the folder. */
function name(url) {
  return url ? relative(resolve(folder), fileURLToPath(url)) : folder;
}

/** Returns the checker's messages about these files. */
function check(flag, names) {
  const paths = names.map((name) => join(resolve(folder), name));
  const run = spawnSync('java', ['-Xss1m', '-jar', jar, '--exit-zero-always', '--format', 'json', flag, ...paths], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (run.error) usage(`java does not start: ${run.error.message}`, USAGE);
  try {
    return JSON.parse(run.stderr || run.stdout).messages;
  } catch {
    throw new Error(`the checker gave no report:\n${run.stderr}${run.stdout}`);
  }
}

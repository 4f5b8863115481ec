// Bundles src/ into decision_engine/web/static/dist/ under hashed names, with a manifest that says which is which,
// the icons that pages may use in one file, and the licences of everything inside.
// Run by hatch_build.py, or by hand: npm ci --ignore-scripts && node build.mjs
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(dirname(fileURLToPath(import.meta.url)));
const OUT = '../decision_engine/web/static/dist';
const SOURCES = ['app.js', 'app.css', 'diagram.js', 'diagram.css', 'charts.js', 'apidocs.js'];

async function bundles() {
  const { metafile } = await build({
    entryPoints: SOURCES.map((name) => `src/${name}`),
    outdir: OUT,
    entryNames: '[name]-[hash]',
    chunkNames: 'chunk-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    metafile: true,
    // the oldest browsers of the offices are Chromium 92 and Firefox ESR 91
    target: ['chrome92', 'firefox91', 'safari15'],
    loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file', '.svg': 'file' },
    legalComments: 'linked',
    logLevel: 'error',
    logOverride: { 'direct-eval': 'silent' },
  });
  const named = {};
  for (const [file, about] of Object.entries(metafile.outputs)) {
    if (!about.entryPoint) continue;
    const name = about.entryPoint.replace(/^src\//, '');
    named[name] = file.slice(OUT.length + 1);
    if (about.cssBundle) named[name.replace(/\.js$/, '.js.css')] = about.cssBundle.slice(OUT.length + 1);
  }
  return named;
}

async function sprite() {
  const names = JSON.parse(await readFile('icons.json', 'utf8'));
  const symbols = await Promise.all(names.map(async (name) => {
    const svg = await readFile(`node_modules/@tabler/icons/icons/outline/${name}.svg`, 'utf8');
    const drawn = svg.replace(/<!--[\s\S]*?-->/g, '').replace(/<svg[\s\S]*?>/, '').replace('</svg>', '');
    const paths = drawn.replace(/\s+/g, ' ').replace(/ ?\/> ?/g, '/>').trim();
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" `
      + `stroke-linecap="round" stroke-linejoin="round">${paths}</symbol>`;
  }));
  const text = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>\n`;
  const file = `icons-${createHash('sha256').update(text).digest('hex').slice(0, 8).toUpperCase()}.svg`;
  await writeFile(join(OUT, file), text);
  return { 'icons.svg': file };
}

async function favicon() {
  const text = await readFile('src/seal.svg', 'utf8');
  const file = `seal-${createHash('sha256').update(text).digest('hex').slice(0, 8).toUpperCase()}.svg`;
  await writeFile(join(OUT, file), text);
  return { 'seal.svg': file };
}

// every package that is installed here, for all of them may be inside a bundle
async function licences() {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8'));
  const texts = [];
  for (const path of Object.keys(packages).filter((one) => one && !/esbuild/.test(one)).sort()) {
    const files = await readdir(path).catch(() => []);
    const about = JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));
    const file = files.find((one) => /^(licen[cs]e|notice)(\.|$)/i.test(one));
    const text = file ? (await readFile(join(path, file), 'utf8')).trim() : `Licence: ${about.license}`;
    texts.push(`${about.name} ${about.version}\n${'='.repeat(60)}\n${text}\n`);
  }
  await writeFile(join(OUT, 'LICENSES.txt'), texts.join('\n\n'));
}

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
const manifest = { ...await bundles(), ...await sprite(), ...await favicon() };
await licences();
await writeFile(join(OUT, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);

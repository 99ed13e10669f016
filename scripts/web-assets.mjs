// Puts the served client together in build/web: the compiled core, the page's files, fonts, icons, the service worker
// with the list of all of them, and a compressed copy of each.
import { createHash } from 'node:crypto';
import { brotliCompressSync, gzipSync, constants } from 'node:zlib';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const out = 'build/web';
mkdirSync(out, { recursive: true });
for (const name of ['core.js', 'core.wasm']) copyFileSync(join('build/wasm', name), join(out, name));
for (const name of ['index.html', 'app.css', 'page.js', 'mirror.js', 'door.js', 'worker.js', 'manifest.webmanifest', 'icon.svg']) copyFileSync(join('web', name), join(out, name));
for (const subset of ['latin', 'latin-ext', 'cyrillic', 'greek']) copyFileSync(`node_modules/@fontsource-variable/inter/files/inter-${subset}-wght-normal.woff2`, join(out, `inter-${subset}.woff2`));
for (const size of [192, 512]) if (!existsSync(join(out, `icon-${size}.png`))) execFileSync('rsvg-convert', ['-w', size, '-h', size, '-o', join(out, `icon-${size}.png`), 'web/icon.svg']);

// Icons become path data: every basic shape of the icon set can be said as a path.
const nodes = JSON.parse(readFileSync('node_modules/lucide-static/icon-nodes.json', 'utf8'));
const n = v => Number(v || 0);
const circle = (cx, cy, rx, ry) => `M${cx - rx} ${cy}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0`;
const shapes = {
  path: a => a.d,
  circle: a => circle(n(a.cx), n(a.cy), n(a.r), n(a.r)),
  ellipse: a => circle(n(a.cx), n(a.cy), n(a.rx), n(a.ry)),
  line: a => `M${a.x1} ${a.y1}L${a.x2} ${a.y2}`,
  polyline: a => 'M' + a.points,
  polygon: a => 'M' + a.points + 'z',
  rect(a) {
    const r = n(a.rx ?? a.ry), w = n(a.width), h = n(a.height);
    return `M${n(a.x) + r} ${n(a.y)}h${w - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${h - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}h${-(w - 2 * r)}a${r} ${r} 0 0 1 ${-r} ${-r}v${-(h - 2 * r)}a${r} ${r} 0 0 1 ${r} ${-r}z`;
  },
};
const icons = JSON.parse(readFileSync('web/icons.json', 'utf8')).map(name => {
  if (!nodes[name]) throw new Error(`the icon set has no "${name}"`);
  return nodes[name].map(([tag, a]) => shapes[tag](a));
});
writeFileSync(join(out, 'icons.js'), `const ICONS = ${JSON.stringify(icons)};\n`);

const isFile = f => statSync(join(out, f)).isFile();
const files = readdirSync(out).filter(f => isFile(f) && !/\.(br|gz)$/.test(f) && f !== 'sw.js').sort();
const hash = createHash('sha256');
for (const f of files) hash.update(f).update(readFileSync(join(out, f)));
// The page is kept under "/" only; its other addresses are answered with it.
const kept = files.map(f => f === 'index.html' ? '/' : '/' + f).filter(f => !/inter-(cyrillic|greek)/.test(f));
writeFileSync(join(out, 'sw.js'), readFileSync('web/sw.js', 'utf8').replace('__VERSION__', hash.digest('hex').slice(0, 16)).replace('__FILES__', JSON.stringify(kept)));

let total = 0;
for (const f of [...files, 'sw.js']) {
  const bytes = readFileSync(join(out, f));
  if (/\.(woff2|png)$/.test(f)) { total += bytes.length; continue; }
  const old = join(out, f + '.br');
  if (!existsSync(old) || statSync(old).mtimeMs < statSync(join(out, f)).mtimeMs || f === 'sw.js') {
    writeFileSync(old, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
    writeFileSync(join(out, f + '.gz'), gzipSync(bytes, { level: 9 }));
  }
  total += statSync(old).size;
}
for (const f of readdirSync(out)) if (/\.(br|gz)$/.test(f) && !existsSync(join(out, f.slice(0, -3)))) rmSync(join(out, f));
console.log(`client: ${files.length + 1} files, ${Math.round(total / 1024)} KiB compressed, of them ${Math.round(statSync(join(out, 'core.wasm.br')).size / 1024)} KiB the core`);

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const declarations = (module) => join(root, `dist/wasm/${module}.d.ts`);
const withoutEngine = existsSync(declarations('ranking')) ? false : 'dist/wasm is not built: run ./build.sh pkg';

test('the package needs nothing else at run time', () => {
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.type, 'module');
  assert.deepEqual(Object.keys(manifest.exports['.'])[0], 'types', '"types" comes first');
});

test('the engine offers what the TypeScript side expects', { skip: withoutEngine }, () => {
  for (const [module, source, least] of [['triqueta', 'src/engine.ts', 10], ['ranking', 'src/ranking/engine.ts', 8]]) {
    const declared = readFileSync(declarations(module), 'utf8');
    const expected = readFileSync(join(root, source), 'utf8');
    const methods = [...expected.matchAll(/^ {2}(\w+)\(.*\):/gm)].map((match) => match[1]).filter((name) => name !== 'default');
    assert.ok(methods.length > least);
    for (const method of methods) assert.match(declared, new RegExp(`\\b${method}\\(`), `${method} is missing`);
    assert.match(declared, /static open\(/);
  }
});

test('the tarball installs elsewhere and carries types and module', { skip: withoutEngine }, (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'triqueta-pack-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], root));
  const files = packed.files.map((file) => file.path);
  for (const name of ['triqueta', 'ranking']) {
    assert.ok(files.includes(`dist/wasm/${name}_bg.wasm`) && files.includes(`dist/wasm/${name}_scalar_bg.wasm`));
  }
  assert.ok(files.includes('dist/thread.js'), 'the script of the worker is a file of its own');
  assert.ok(files.includes('dist/index.d.ts') && files.includes('README.md'));
  assert.deepEqual(files.filter((path) => /^(src|test|node_modules)\//.test(path)), []);

  writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}');
  npm(['install', '--offline', '--no-save', join(folder, packed.filename)], folder);
  const script =
    "import { Recommender, init } from '@triqueta/recommender'; import { Ranker } from '@triqueta/recommender/ranking';" +
    'await init(); console.log(typeof Recommender.open, typeof Ranker.open)';
  const printed = execFileSync('node', ['--input-type=module', '-e', script], { cwd: folder, encoding: 'utf8' });
  assert.equal(printed.trim(), 'function function');
});

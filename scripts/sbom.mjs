// Makes one list of components of those given, for anybody to read: the first is what it is about, what the others list is in it.
// Tools name our own crates and packages by the folder they lay in; here they have their names.

import { readFile } from 'node:fs/promises';

const [about, ...inside] = await Promise.all(process.argv.slice(2).map(async (file) => tidy(JSON.parse(await readFile(file, 'utf8')))));
const own = ownPackage(about);
const list = {
  ...about,
  components: inside.reduce((components, { metadata, components: more }) => united(components, [metadata.component, ...more]), about.components),
  dependencies: joined(about.dependencies, own, inside),
};
const text = JSON.stringify(list, null, 1);
const stray = text.match(/[^"\s]*(?:file:|\/home\/|\/root\/|\/tmp\/)[^"\s]*/)?.[0] ?? (text.includes(process.cwd()) ? process.cwd() : undefined);
if (stray) throw new Error(`the list would name a place on this machine: ${stray}`);
console.log(text);

/** A list without folders: ids are name@version, addresses of packages lead to registries. */
function tidy(value, key = '') {
  if (Array.isArray(value)) return value.map((part) => tidy(part));
  if (typeof value === 'object' && value !== null) {
    const tidied = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, tidy(part, name)]));
    // npm calls a package by its folder, and its id by its name.
    const [, scoped] = /^(@?[^@]+)@/.exec(tidied['bom-ref'] ?? '') ?? [];
    if (scoped && ['pkg', 'www'].includes(tidied.name)) tidied.name = scoped;
    return tidied;
  }
  if (typeof value !== 'string') return value;
  if (key === 'purl') return value.replace(/\?download_url=file:[^#]*/, '');
  return value.replace(/^path\+file:[^#]*#(?=[^@]*@)/, '').replace(/^path\+file:.*\/([^/#]+)#(?=\d)/, '$1@');
}

/** The package in which the others' components are: our own, if it is not what the list is about. */
function ownPackage({ metadata, components }) {
  const found = components.find(({ name }) => name === '@triqueta/recommender');
  return (found ?? metadata.component)['bom-ref'];
}

function united(components, more) {
  const known = new Set(components.map((component) => component['bom-ref']));
  return [...components, ...more.filter((component) => !known.has(component['bom-ref']))];
}

function joined(dependencies, own, inside) {
  const roots = inside.map(({ metadata }) => metadata.component['bom-ref']);
  const withRoots = dependencies.map((entry) => (entry.ref === own ? { ...entry, dependsOn: [...(entry.dependsOn ?? []), ...roots] } : entry));
  return [...withRoots, ...inside.flatMap((list) => list.dependencies)];
}

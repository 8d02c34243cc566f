// npm run schemas [-- --from DIRECTORY] [--to DIRECTORY]
// Writes schemas/istio from tables of Istio's releases (or, the CRDs alone, from an istio/api checkout with its tags).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readArguments, refuse } from './arguments.mjs';
import { annotationsText } from './schemas/annotations.mjs';
import { VALUES_ROOTS, withCharts } from './schemas/charts.mjs';
import { crdFiles, crdsOf, makeTable } from './schemas/crds.mjs';
import { messageTable } from './schemas/messages.mjs';
import { neighboursText } from './schemas/neighbours.mjs';
import { compareText, nodesText } from './schemas/text.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** All files of schemas/istio that the tables in `directory` give, by name. */
export const schemaFiles = (directory) => {
  const read = (name) =>
    existsSync(join(directory, name)) ? JSON.parse(readFileSync(join(directory, name), 'utf8')) : undefined;
  const files = { 'crds.json': crds(directory), 'neighbours.json': neighboursText() };
  const [legacy, legacyKinds] = [read('legacy.json'), read('legacy-crd-kinds.json')];
  if (legacy !== undefined && legacyKinds !== undefined) files['legacy.json'] = legacyKindsOf(legacy, legacyKinds);
  const mesh = read('meshconfig.json');
  if (mesh !== undefined) files['mesh-config.json'] = rootsOf(mesh, ['MeshConfig', 'MeshNetworks', 'ProxyConfig']);
  const operator = read('operator.json');
  if (operator !== undefined) files['operator.json'] = operatorOf(operator);
  const values = read('values.json');
  if (values !== undefined)
    files['values.json'] = rootsOf({ ...values, messages: withCharts(values.messages) }, VALUES_ROOTS);
  const annotations = read('labels-annotations.json');
  if (annotations !== undefined) files['annotations.json'] = annotationsText(annotations);
  return files;
};

/** `kinds`: per kind and version the schema from which minor on; null where it is no longer served. */
const crds = (directory) => {
  const table = makeTable();
  const kinds = new Map();
  const releases = crdFiles(directory);
  for (const { minor, read } of releases) {
    const served = new Map(crdsOf(read()).map(({ key, schema }) => [key, table.add(schema)]));
    for (const key of [...new Set([...kinds.keys(), ...served.keys()])].toSorted(compareText)) {
      const history = kinds.get(key) ?? [];
      const now = served.get(key) ?? null;
      if (history.at(-1)?.[1] !== now) history.push([minor, now]);
      kinds.set(key, history);
    }
  }
  return nodesText({
    releases: releases.map(({ tag }) => tag),
    kinds: Object.fromEntries([...kinds].toSorted(([a], [b]) => compareText(a, b))),
    nodes: table.nodes,
  });
};

/** Kinds of 1.1 to 1.7: versions by minor and, where their protos are known, what stands in `spec`. */
const legacyKindsOf = (legacy, shipped) => {
  const table = messageTable(legacy);
  const kinds = new Map();
  const serve = (key, minor) =>
    kinds.set(key, { ...kinds.get(key), minors: [...(kinds.get(key)?.minors ?? []), minor] });
  for (const [tag, definitions] of Object.entries(shipped)) {
    const minor = Number(tag.split('.')[1]);
    if (minor < 1 || minor > 7) continue;
    for (const { group, kind, versions } of definitions.filter(({ group }) => group !== 'install.istio.io'))
      for (const version of versions) serve(`${group}/${version.replace('*', '')}/${kind}`, minor);
  }
  const entries = [...kinds]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([key, { minors }]) => {
      const [group, , kind] = key.split('/');
      const message = legacy.kinds[`${group}/${kind}`]?.message;
      const spec = message === undefined ? undefined : table.message(message);
      const sorted = [...new Set(minors)].toSorted((a, b) => a - b);
      return [key, { since: sorted[0], until: sorted.at(-1), ...(spec === undefined ? {} : { spec }) }];
    });
  return nodesText({ kinds: Object.fromEntries(entries), nodes: table.nodes });
};

const rootsOf = (held, names) => {
  const table = messageTable(held);
  const roots = Object.fromEntries(names.map((name) => [name, table.message(name)]));
  return nodesText({ roots, nodes: table.nodes });
};

/** IstioOperatorSpec; fields that only the Go type of newer releases has are added to it. */
const operatorOf = ({ messages }) => {
  const fields = messages.IstioOperatorSpec;
  const kept = { ...messages, IstioOperatorSpec: { ...fields, values: { ...fields.values, type: 'any' } } };
  return rootsOf({ messages: kept }, ['IstioOperatorSpec']);
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const usage = `npm run schemas -- --from DIRECTORY [--to DIRECTORY]
DIRECTORY holds CRDs and tables of Istio's releases, or is an istio/api checkout with its tags.`;
  const { values } = readArguments(usage, {
    from: { type: 'string', default: join(root, '../shared/upstream') },
    to: { type: 'string', default: join(root, 'schemas/istio') },
  });
  if (!existsSync(values.from)) refuse(usage, `no such directory: ${values.from}`);
  const to = resolve(values.to);
  mkdirSync(to, { recursive: true });
  for (const [name, text] of Object.entries(schemaFiles(resolve(values.from)))) {
    writeFileSync(join(to, name), text);
    console.log(`${name}: ${text.length} bytes`);
  }
}

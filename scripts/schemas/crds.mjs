// The structure of Istio's CRDs: what the API server checks, without a word of prose.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { compareText } from './text.mjs';

const generated = 'kubernetes/customresourcedefinitions.gen.yaml';

/**
 * The CRD files of a directory by minor, ascending: `crds/<tag>.yaml`, or the last patch tag of each minor of an
 * istio/api checkout.
 */
export const crdFiles = (directory) => {
  const held = join(directory, 'crds');
  const files = existsSync(held)
    ? readdirSync(held)
        .filter((name) => /^1\.\d+\.\d+\.yaml$/.test(name))
        .map((name) => ({ tag: name.slice(0, -'.yaml'.length), read: () => readFileSync(join(held, name), 'utf8') }))
    : taggedFiles(directory);
  const last = new Map();
  for (const file of files.toSorted((a, b) => patchOf(a.tag) - patchOf(b.tag))) last.set(minorOf(file.tag), file);
  return [...last].toSorted(([a], [b]) => a - b).map(([minor, file]) => ({ minor, ...file }));
};

const minorOf = (tag) => Number(tag.split('.')[1]);
const patchOf = (tag) => Number(tag.split('.')[2]);

const taggedFiles = (directory) => {
  if (!existsSync(join(directory, generated)))
    throw new Error(`${directory} holds neither crds/<tag>.yaml nor ${generated}`);
  const git = (...words) => execFileSync('git', ['-C', directory, ...words], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return git('tag', '--list', '1.*')
    .split('\n')
    .filter((tag) => /^1\.\d+\.\d+$/.test(tag) && minorOf(tag) >= 5)
    .map((tag) => ({ tag, read: () => git('show', `${tag}:${generated}`) }));
};

/** Keywords that are taken over as they stand, in this order. */
const KEYWORDS = [
  'type',
  'nullable',
  'format',
  'enum',
  'required',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
];

/** Each distinct schema once. Sub-schemas are numbers: places in `nodes`. */
export const makeTable = () => {
  const nodes = [];
  const known = new Map();
  const put = (node) => {
    const key = JSON.stringify(node);
    let index = known.get(key);
    if (index === undefined) {
      index = nodes.push(node) - 1;
      known.set(key, index);
    }
    return index;
  };
  const add = (schema) => {
    const node = {};
    for (const keyword of KEYWORDS)
      if (schema[keyword] !== undefined && !(keyword === 'format' && schema.format === 'string'))
        node[keyword] = schema[keyword];
    if (schema.properties !== undefined)
      node.properties = Object.fromEntries(
        Object.entries(schema.properties)
          .toSorted(([a], [b]) => compareText(a, b))
          .map(([name, property]) => [name, add(property)]),
      );
    if (schema.items !== undefined) node.items = add(schema.items);
    if (schema.additionalProperties !== undefined)
      node.additionalProperties =
        typeof schema.additionalProperties === 'boolean'
          ? schema.additionalProperties
          : add(schema.additionalProperties);
    for (const keyword of ['oneOf', 'anyOf', 'allOf'])
      if (schema[keyword] !== undefined) node[keyword] = schema[keyword].map(add);
    if (schema.not !== undefined) node.not = add(schema.not);
    return put(node);
  };
  return { nodes, add };
};

/** What a release serves: the schema of an object without metadata and status, which istiod writes. */
export const crdsOf = (text) =>
  loadAll(text).flatMap((document) => {
    if (document?.kind !== 'CustomResourceDefinition') return [];
    const { spec } = document;
    const versions = spec.versions ?? [{ name: spec.version, served: true }];
    // v1beta1 keeps unknown fields unless it is told not to; v1 drops them.
    const isOpen = document.apiVersion.endsWith('/v1beta1') && spec.preserveUnknownFields !== false;
    return versions
      .filter(({ served }) => served !== false)
      .map(({ name, schema, deprecated }) => ({
        key: `${spec.group}/${name}/${spec.names.kind}`,
        deprecated: deprecated === true,
        schema: rootOf((schema ?? spec.validation).openAPIV3Schema, isOpen),
      }));
  });

const rootOf = (schema, isOpen) => {
  const { status: _, ...properties } = schema.properties ?? {};
  return {
    ...schema,
    properties,
    ...(isOpen || spread(schema) ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
  };
};

const spread = (schema) => schema['x-kubernetes-preserve-unknown-fields'] === true;

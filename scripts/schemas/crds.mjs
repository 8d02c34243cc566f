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
  'x-kubernetes-list-map-keys',
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
  /** `inherited`: groups that a schema around this one states for it. */
  const add = (schema, inherited = []) => {
    const node = {};
    const { groups, nested } = groupsOf(schema);
    groups.push(...inherited.filter((group) => !groups.some((held) => held.join() === group.join())));
    for (const keyword of KEYWORDS)
      if (schema[keyword] !== undefined && !(keyword === 'format' && schema.format === 'string'))
        node[keyword] = schema[keyword];
    if (schema.properties !== undefined)
      node.properties = Object.fromEntries(
        Object.entries(schema.properties)
          .toSorted(([a], [b]) => compareText(a, b))
          .map(([name, property]) => [name, add(property, nested.get(name))]),
      );
    if (schema.items !== undefined) node.items = add(schema.items);
    if (schema.additionalProperties !== undefined)
      node.additionalProperties =
        typeof schema.additionalProperties === 'boolean'
          ? schema.additionalProperties
          : add(schema.additionalProperties);
    if (groups.length > 0) node.groups = groups;
    return put(node);
  };
  return { nodes, add };
};

/**
 * The fields of which at most one may be set: the oneof of a proto, for which CRDs write "none of them, or one". The
 * groups that its branches state for a field are `nested` under the name of the field. Throws on any other form.
 */
const groupsOf = (schema) => {
  const groups = [];
  const nested = new Map();
  for (const branches of [schema.oneOf, ...(schema.allOf ?? []).map(({ oneOf }) => oneOf)]) {
    if (branches === undefined) continue;
    const names = [];
    for (const { required, properties, not, ...rest } of branches) {
      if (Object.keys(rest).length > 0) throw new Error(`a oneOf that is no oneof: ${JSON.stringify(rest)}`);
      if (not !== undefined) continue;
      if (required?.length !== 1) throw new Error(`a branch of several fields: ${JSON.stringify(required)}`);
      names.push(required[0]);
      for (const [name, inner] of Object.entries(properties ?? {})) nested.set(name, groupsOf(inner).groups);
    }
    const alone = branches.find(({ not }) => not !== undefined)?.not.anyOf?.map(({ required }) => required.join());
    if (alone?.toSorted(compareText).join() !== names.toSorted(compareText).join())
      throw new Error(`a oneOf that wants one of ${names.join(', ')}`);
    groups.push(names);
  }
  const isNumberOrText = schema['x-kubernetes-int-or-string'] === true;
  if (schema.not !== undefined || (schema.anyOf !== undefined && !isNumberOrText))
    throw new Error(`an anyOf or not outside of a oneOf: ${JSON.stringify(schema).slice(0, 200)}`);
  return { groups, nested };
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

import { Buffer } from 'node:buffer';
import type { Place, Resource } from '../../model/index.ts';
import { below, filled, get, isRecord, list, record, text, texts } from '../../model/index.ts';
import { parseEmbedded } from '../yaml.ts';
import { PATCH_LAYER } from './layers.ts';
import { applyOperations, isOperations, labelsOf, mergePatch } from './merge.ts';
import { namespaceOf } from './namespaces.ts';
import { placeOperator } from './operators.ts';
import { baseOf, resolvePath } from './paths.ts';
import type { Placed } from './placed.ts';
import { resourceOf } from './resource.ts';
import type { Kustomization, Patch, Tree } from './tree.ts';
import { closureOf, patchesOf } from './tree.ts';

type Values = Readonly<Record<string, unknown>>;

/** Kinds whose patches are read as statements of their own, above those of the base. */
const LAYERED = new Set(['IstioOperator', 'Istio', 'IstioCNI', 'ZTunnel', 'Namespace']);

/** What is being made of the objects of a kustomization, patch by patch. */
type Patches = Map<Values, Resource | undefined>;

/** Reads what a kustomization makes of other files: patched objects, generated cacerts, and what it fetches from elsewhere. */
export const placeKustomization = (placed: Placed, tree: Tree, kustomization: Kustomization): void => {
  const made: Patches = new Map();
  for (const patch of patchesOf(kustomization)) {
    for (const { value, place } of documentsOf(tree, patch)) placePatch(placed, tree, made, patch, value, place);
  }
  for (const [base, resource] of made) placed.patched.push({ base, resource });
  list(kustomization.value.secretGenerator).forEach((item, index) => {
    if (filled(get(item, 'name')) === 'cacerts')
      placeCertificates(placed, tree, kustomization, item, below(kustomization.place, 'secretGenerator', index));
  });
  for (const key of ['resources', 'bases', 'components']) {
    texts(kustomization.value[key]).forEach((reference, index) => {
      const path = resolvePath(kustomization.directory, reference);
      if (path !== undefined && (tree.files.has(path) || tree.ending(path) === path)) return;
      placed.unread.push({ place: below(kustomization.place, key, index), why: 'kustomize', kinds: [], shared: false });
    });
  }
};

const documentsOf = (tree: Tree, patch: Patch): readonly { readonly value: unknown; readonly place: Place }[] => {
  if (patch.inline !== undefined) {
    const parsed = parseEmbedded(patch.inline.text);
    return 'value' in parsed
      ? [{ value: parsed.value, place: { ...below(patch.kustomization.place, ...patch.inline.path), inner: [] } }]
      : [];
  }
  const parsed = tree.files.get(patch.file ?? '');
  return parsed === undefined
    ? []
    : parsed.documents.map(({ value, index }) => ({ value, place: { file: parsed.file, document: index, path: [] } }));
};

const placePatch = (placed: Placed, tree: Tree, made: Patches, patch: Patch, value: unknown, place: Place): void => {
  if (isOperations(value)) return placeOperations(placed, tree, made, patch, value, place);
  const resource = isRecord(value) ? resourceOf(withTarget(value, patch.target), place) : undefined;
  if (resource === undefined) return;
  if (LAYERED.has(resource.kind)) {
    placed.resources.push(resource);
    placeOperator(placed, resource, PATCH_LAYER);
    return;
  }
  const named = resource.name === '' || patch.target !== undefined ? {} : { name: resource.name };
  const bases = patchedBases(tree, patch.kustomization, { kind: resource.kind, ...named, ...record(patch.target) });
  for (const base of bases) {
    const here = made.has(base.value) ? made.get(base.value)?.value : base.value;
    if (here === undefined || record(value).$patch === 'delete') made.set(base.value, undefined);
    else made.set(base.value, replacing(base, record(mergePatch(here, value, isCustom(resource)))));
  }
  if (bases.length === 0) placed.unread.push({ place, why: 'kustomize', kinds: [resource.kind], shared: false });
};

/** A patched copy. Its places are those of the object, where most of it stands. */
const replacing = (base: Resource, value: Values): Resource | undefined =>
  resourceOf(value, base.place, base.namespace);

const withTarget = (value: Values, target: Values | undefined): Values =>
  text(value.kind) !== undefined || target === undefined ? value : { kind: target.kind, apiVersion: 'v1', ...value };

const isCustom = ({ group }: Resource): boolean => group.includes('.') && !group.endsWith('.k8s.io');

const placeOperations = (
  placed: Placed,
  tree: Tree,
  made: Patches,
  patch: Patch,
  operations: readonly Values[],
  place: Place,
): void => {
  const kind = filled(patch.target?.kind);
  if (patch.target === undefined || kind === undefined) return;
  if (kind === 'Namespace') {
    const name = filled(patch.target.name);
    for (const { index, labels } of name === undefined ? [] : labelsOf(operations)) {
      placed.resources.push(namespaceOf(name!, { labels }, below(place, index)));
    }
    return;
  }
  const bases = patchedBases(tree, patch.kustomization, patch.target);
  for (const base of bases) {
    const here = made.has(base.value) ? made.get(base.value)?.value : base.value;
    const value = here === undefined ? undefined : applyOperations(here, operations);
    if (here !== undefined && value === undefined)
      placed.unread.push({ place, why: 'kustomize', kinds: [kind], shared: false });
    if (value === undefined) continue;
    const patched = replacing(base, value);
    made.set(base.value, patched);
    if (patched !== undefined) placeOperator(placed, patched, PATCH_LAYER);
  }
  if (bases.length === 0) placed.unread.push({ place, why: 'kustomize', kinds: [kind], shared: false });
};

/** Objects of the kustomization that a patch aims at; names are regular expressions in targets. */
const patchedBases = (tree: Tree, kustomization: Kustomization, target: Values): readonly Resource[] => {
  const kind = filled(target.kind);
  const name = patternOf(filled(target.name));
  const found: Resource[] = [];
  if (kind === undefined || (name === undefined && filled(target.labelSelector) !== undefined)) return found;
  const patches = new Set(patchesOf(kustomization).map(({ file }) => file));
  for (const path of closureOf(tree, kustomization.directory)) {
    if (patches.has(path)) continue;
    for (const { index, value } of tree.files.get(path)?.documents ?? []) {
      if (!isRecord(value) || value.kind !== kind) continue;
      const resource = tree.resource(value, { file: tree.files.get(path)!.file, document: index, path: [] });
      if (resource !== undefined && (name === undefined || name.test(resource.name))) found.push(resource);
    }
  }
  return found;
};

const patternOf = (name: string | undefined): RegExp | undefined => {
  if (name === undefined) return undefined;
  // Only plain names and the usual `.*`: an arbitrary expression of a stranger is not run.
  const plain = name.replace(/[\\^$+?()[\]{}|]/g, '\\$&').replace(/\.(?!\*)/g, '\\.');
  return new RegExp(`^(?:${plain})$`);
};

/** Secret `cacerts` that kustomize makes from PEM files. */
const placeCertificates = (
  placed: Placed,
  tree: Tree,
  kustomization: Kustomization,
  item: unknown,
  place: Place,
): void => {
  const data: Record<string, string> = {};
  for (const entry of texts(get(item, 'files'))) {
    const [key, reference] = entry.includes('=')
      ? [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]
      : [baseOf(entry), entry];
    const path = resolvePath(kustomization.directory, reference);
    const pem = path === undefined ? undefined : tree.files.get(path)?.pem;
    // What is not loaded (keys above all) is there, with a content that nobody knows.
    data[key] = pem === undefined || pem === '' ? `\${${reference}}` : Buffer.from(pem).toString('base64');
  }
  const namespace = filled(get(item, 'namespace')) ?? filled(kustomization.value.namespace);
  const labels = record(get(item, 'options', 'labels'));
  const metadata = { name: 'cacerts', ...(namespace === undefined ? {} : { namespace }), labels };
  const secret = resourceOf(
    { apiVersion: 'v1', kind: 'Secret', type: get(item, 'type') ?? 'Opaque', metadata, data },
    place,
  );
  if (secret !== undefined) placed.resources.push(secret);
};

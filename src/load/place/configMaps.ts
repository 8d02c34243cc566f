import type { Place, Resource } from '../../model/index.ts';
import { get, isRecord, placeIn, text } from '../../model/index.ts';
import { parseEmbedded } from '../yaml.ts';
import type { Placed } from './placed.ts';

/** Reads what istiod and the injector take from ConfigMaps. */
export const placeConfigMap = (placed: Placed, resource: Resource): void => {
  if (resource.kind !== 'ConfigMap' || resource.group !== '') return;
  const mesh = text(get(resource.value, 'data', 'mesh'));
  const networks = text(get(resource.value, 'data', 'meshNetworks'));
  // istiod may be told to read a ConfigMap of any other name too (SHARED_MESH_CONFIG).
  if (mesh !== undefined) placeEmbedded(placed, resource, 'mesh', mesh);
  if (networks !== undefined && (mesh !== undefined || isIstioName(resource.name)))
    placeEmbedded(placed, resource, 'meshNetworks', networks);
  const revision = revisionOf(resource.name, 'istio-sidecar-injector');
  if (revision !== undefined) placeInjector(placed, resource, revision);
};

const isIstioName = (name: string): boolean => revisionOf(name, 'istio') !== undefined;

/** '' for `base` itself, `1-20-3` for `base-1-20-3`, undefined for another name. */
const revisionOf = (name: string, base: string): string | undefined => {
  if (name === base) return '';
  return name.startsWith(`${base}-`) ? name.slice(base.length + 1) : undefined;
};

const placeEmbedded = (placed: Placed, resource: Resource, key: 'mesh' | 'meshNetworks', content: string): void => {
  const place = embeddedPlace(resource, key);
  const parsed = parseEmbedded(content);
  if ('error' in parsed || !isRecord(parsed.value)) {
    if (content.trim() !== '') placed.unread.push(brokenBelow(resource, place, content));
    return;
  }
  placed[key === 'mesh' ? 'meshConfigs' : 'meshNetworks'].push({
    value: networksIn(key, parsed.value),
    place: key === 'meshNetworks' && isRecord(parsed.value.networks) ? { ...place, inner: ['networks'] } : place,
    object: resource,
    origin: 'ConfigMap',
    revision: revisionOf(resource.name, 'istio') ?? '',
    namespace: resource.namespace,
    installation: `ConfigMap ${resource.namespace ?? ''}/${resource.name}`,
    layer: 0,
    shared: false,
  });
};

/** The ConfigMap writes `networks: {…}`, values hold the map itself. */
const networksIn = (key: string, value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  key === 'meshNetworks' && isRecord(value.networks) ? value.networks : value;

const placeInjector = (placed: Placed, resource: Resource, revision: string): void => {
  const values = text(get(resource.value, 'data', 'values'));
  const template = text(get(resource.value, 'data', 'config'));
  const parsed = values === undefined ? undefined : parseEmbedded(values);
  const value = parsed !== undefined && 'value' in parsed && isRecord(parsed.value) ? parsed.value : undefined;
  placed.injectors.push({
    object: resource,
    revision,
    values: value === undefined ? undefined : { value, place: embeddedPlace(resource, 'values') },
    template: template === undefined ? undefined : { text: template, place: placeIn(resource, 'data', 'config') },
    shared: false,
  });
};

const embeddedPlace = (resource: Resource, key: string): Place => ({ ...placeIn(resource, 'data', key), inner: [] });

const brokenBelow = (resource: Resource, place: Place, content: string): Placed['unread'][number] => ({
  place: { ...place, inner: undefined },
  why: /\{\{|\$\{/.test(content) ? 'template' : 'broken',
  kinds: [resource.kind],
  shared: false,
});

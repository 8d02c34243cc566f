import type { Chart, Resource, ValuesOrigin } from '../../model/index.ts';
import { filled, get, isRecord, placeIn, record } from '../../model/index.ts';
import type { Placed } from './placed.ts';
import type { ValuesContext } from './values.ts';
import { placeValues } from './values.ts';

/** Groups under which `IstioOperator` was ever documented; another group is another kind. */
const OPERATOR_GROUPS = new Set(['install.istio.io', 'operator.istio.io', 'istio.io', 'install.tetrate.io']);
const SAIL_GROUPS = new Set(['sailoperator.io', 'operator.istio.io']);

/** Reads the objects by which an operator installs Istio. */
export const placeOperator = (placed: Placed, resource: Resource, layer: number): void => {
  if (resource.kind === 'IstioOperator' && OPERATOR_GROUPS.has(resource.group))
    return placeIstioOperator(placed, resource, layer);
  if (!SAIL_GROUPS.has(resource.group)) return;
  if (resource.kind === 'Istio') placeSail(placed, resource, 'operator', layer);
  if (resource.kind === 'IstioCNI') placeSail(placed, resource, 'cni', layer);
  if (resource.kind === 'ZTunnel') placeSail(placed, resource, 'ztunnel', layer);
};

const placeIstioOperator = (placed: Placed, resource: Resource, layer: number): void => {
  const spec = record(resource.value.spec);
  const revision = filled(spec.revision) ?? '';
  const base = `IstioOperator ${resource.namespace ?? ''}/${resource.name}`;
  // An operator of profile empty installs gateways and the like beside the control plane, never over it.
  const empty = filled(spec.profile) === 'empty';
  const installation = empty ? `${base} of ${resource.place.file.path}#${resource.place.document}` : base;
  const context = contextOf(resource, 'IstioOperator', installation, layer, 'operator');
  placeValues(placed, record(spec.values), placeIn(resource, 'spec', 'values'), {
    ...context,
    namespace: filled(spec.namespace) ?? resource.namespace,
    version: versionOf(spec.tag),
  });
  if (!isRecord(spec.meshConfig)) return;
  placed.meshConfigs.push({
    value: spec.meshConfig,
    place: placeIn(resource, 'spec', 'meshConfig'),
    object: resource,
    origin: 'IstioOperator',
    revision,
    namespace: filled(spec.namespace) ?? resource.namespace,
    installation,
    // `spec.meshConfig` wins over `spec.values.meshConfig` of the same object.
    layer: layer + 0.5,
    shared: false,
  });
};

const placeSail = (placed: Placed, resource: Resource, chart: Chart, layer: number): void => {
  const spec = record(resource.value.spec);
  const installation = `${resource.kind} ${resource.name}`;
  const context = contextOf(resource, 'Istio', installation, layer, chart);
  const common = { ...context, namespace: filled(spec.namespace), version: versionOf(spec.version) };
  const values = record(spec.values);
  const place = placeIn(resource, 'spec', 'values');
  const own = chart === 'ztunnel' ? get(values, 'ztunnel') : undefined;
  if (isRecord(own)) placeValues(placed, own, { ...place, path: [...place.path, 'ztunnel'] }, common);
  if (!isRecord(own) || Object.keys(values).length > 1) placeValues(placed, values, place, common);
};

const contextOf = (
  object: Resource,
  origin: ValuesOrigin,
  installation: string,
  layer: number,
  chart: Chart,
): ValuesContext => ({
  origin,
  object,
  installation,
  layer,
  namespace: object.namespace,
  release: undefined,
  version: undefined,
  chart,
  aliases: new Map(),
  hint: '',
});

const versionOf = (value: unknown): string | undefined => filled(value);

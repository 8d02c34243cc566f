// The image that an injector gives the sidecar of a pod.
import { CORE_SCHEMA, load } from 'js-yaml';
import { injectorSightings, meshConfigSightings } from '../facts/sources.ts';
import type { Member } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import { filled, get, isTemplate, textMap } from '../model/index.ts';
import { selectorPath } from './selections.ts';
import { rootNamespaceOf } from './scope.ts';
import { selects } from './selectors.ts';

/** What an injector reads. */
export interface ImageSettings {
  /** As its values have it: `<hub>/<name>:<tag>`, or a whole image. */
  readonly image: string;
  /** An image written as a whole takes no type. */
  readonly isWhole: boolean;
  /** The files tell the type that the mesh gives: its mesh config is among them. */
  readonly isTypeTold: boolean;
}

/** `revision` is '' for the default one; undefined where the values of its injector are not loaded. */
export const imageSettings = (member: Member, revision: string, isAllRead: boolean): ImageSettings | undefined => {
  const name = revision === '' ? 'istio-sidecar-injector' : `istio-sidecar-injector-${revision}`;
  const values = member.cluster.injectors.find(({ object }) => object?.name === name)?.values?.value;
  if (values === undefined || injectorSightings(member.cluster, []).length === 0) return undefined;
  const [image, hub, tag] = [
    ['global', 'proxy', 'image'],
    ['global', 'hub'],
    ['global', 'tag'],
  ].map((path) => filled(get(values, ...path)));
  if (image === undefined) return undefined;
  const isTypeTold = isAllRead || member.cluster.meshConfigs.length > 0;
  if (image.includes('/')) return { image, isWhole: true, isTypeTold };
  return hub === undefined || tag === undefined
    ? undefined
    : { image: `${hub}/${image}:${tag}`, isWhole: false, isTypeTold };
};

const VARIANT = /-(?:distroless|debug)$/;

/** What the injector gives the pod now. */
export const imageFor = (member: Member, { image, isWhole }: ImageSettings, workload: Workload): string => {
  const type = isWhole ? undefined : imageType(member, workload);
  if (type === undefined || isTemplate(type)) return image;
  return `${image.replace(VARIANT, '')}${type === 'default' ? '' : `-${type}`}`;
};

/**
 * Whether a sidecar with that image is as good as one that the injector gives now: the image that the values
 * name will do for the variant of it as well.
 */
export const isCurrent = (member: Member, settings: ImageSettings, workload: Workload, image: string): boolean => {
  if (image === settings.image || image === imageFor(member, settings, workload)) return true;
  return !settings.isTypeTold && image.replace(VARIANT, '') === settings.image.replace(VARIANT, '');
};

/** By the pod, else the ProxyConfigs that fit it, else the mesh. */
const imageType = (member: Member, workload: Workload): string | undefined =>
  filled(workload.annotations['sidecar.istio.io/proxyImageType']) ??
  filled(get(annotated(workload), 'image', 'imageType')) ??
  typeOfProxyConfigs(member, workload) ??
  filled(meshConfigSightings(member.cluster, ['defaultConfig', 'image', 'imageType'])[0]?.value);

const annotated = ({ annotations }: Workload): unknown => {
  try {
    return load(annotations['proxy.istio.io/config'] ?? '', { schema: CORE_SCHEMA });
  } catch {
    return undefined;
  }
};

/** That of the workload comes before that of its namespace, and both before that of the root namespace. */
const typeOfProxyConfigs = (member: Member, { namespace, labels }: Workload): string | undefined => {
  const fitting = member.resources.ofKind('ProxyConfig', 'networking.istio.io').flatMap((config) => {
    const type = filled(get(config.value, 'spec', 'image', 'imageType'));
    const selector = textMap(get(config.value, ...selectorPath('ProxyConfig')));
    const hasSelector = Object.keys(selector).length > 0;
    if (type === undefined || (hasSelector && selects(selector, labels) !== 'yes')) return [];
    if (config.namespace === namespace) return [{ type, rank: hasSelector ? 2 : 1 }];
    return config.namespace === rootNamespaceOf(member) && !hasSelector ? [{ type, rank: 0 }] : [];
  });
  return fitting.toSorted((a, b) => b.rank - a.rank)[0]?.type;
};

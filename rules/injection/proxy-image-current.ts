import { injectorSightings, meshConfigSightings } from '../../src/facts/sources.ts';
import type { Member } from '../../src/facts/mesh.ts';
import type { Workload } from '../../src/facts/workloads.ts';
import type { Related, Resource } from '../../src/model/index.ts';
import { filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'injection/proxy-image-current',
  severity: 'warning',
  istio: 'all',
  summary: 'Pods as the cluster runs them have the proxy image that the injector gives now.',
  why: 'A sidecar keeps its version until its Pod is made anew. After an upgrade old proxies go on beside the new control plane, without its corrections.',
  fix: 'Restart the workloads of the namespace.',
  reads: ['Pod', 'Namespace', 'ConfigMap istio-sidecar-injector', 'meshConfig.defaultConfig.image'],
  aliases: ['IST0158'],
  messages: {
    old: 'namespace {namespace} of {cluster} has Pods with another proxy image than the injector gives now ({wanted}): {pods}',
  },
  check(mesh, report) {
    const areRead = mesh.settings.complete.includes('Pod');
    for (const member of mesh.members)
      for (const namespace of member.resources.ofKind('Namespace', '')) {
        const revision = revisionOf(namespace);
        const wanted = revision === undefined ? undefined : injectedImage(member, revision);
        if (wanted === undefined) continue;
        const old = member.workloads.flatMap((workload) => {
          if (workload.resource.kind !== 'Pod' || workload.namespace !== namespace.name) return [];
          if (!areRead && get(workload.resource.value, 'status') === undefined) return [];
          const image = proxyImage(workload);
          return image === undefined || isOfOneVersion(image, wanted(workload)) ? [] : [{ workload, image }];
        });
        const [first] = old;
        if (first === undefined) continue;
        report(
          'old',
          {
            at: placeIn(namespace, 'metadata', 'name'),
            cluster: member.name,
            resource: namespace,
            also: old.slice(0, 5).map(({ workload, image }): Related => ({
              place: workload.resource.place,
              cluster: member.name,
              message: image,
            })),
          },
          {
            namespace: namespace.name,
            cluster: member.name,
            wanted: wanted(first.workload) ?? '',
            pods: `${old
              .slice(0, 3)
              .map(({ workload, image }) => `${workload.name} (${image})`)
              .join(', ')}${old.length > 3 ? ` and ${old.length - 3} more` : ''}`,
          },
        );
      }
  },
});

/** '' for the default revision; undefined for a namespace that is not injected. */
const revisionOf = ({ labels }: Resource): string | undefined => {
  if (labels['istio-injection'] === 'enabled') return '';
  if (labels['istio-injection'] !== undefined) return undefined;
  const revision = filled(labels['istio.io/rev']);
  return revision === undefined || isTemplate(revision) ? undefined : revision === 'default' ? '' : revision;
};

/** What the injector of a revision puts into a Pod; undefined where its values are not loaded. */
const injectedImage = (member: Member, revision: string): ((workload: Workload) => string | undefined) | undefined => {
  const name = revision === '' ? 'istio-sidecar-injector' : `istio-sidecar-injector-${revision}`;
  const injector = member.cluster.injectors.find(({ object }) => object?.name === name);
  const values = injector?.values?.value;
  if (values === undefined || injectorSightings(member.cluster, []).length === 0) return undefined;
  const [image, hub, tag] = [
    ['global', 'proxy', 'image'],
    ['global', 'hub'],
    ['global', 'tag'],
  ].map((path) => filled(get(values, ...path)));
  if (image === undefined) return undefined;
  const type = filled(meshConfigSightings(member.cluster, ['defaultConfig', 'image', 'imageType'])[0]?.value);
  return (workload) => {
    if (image.includes('/')) return image;
    if (hub === undefined || tag === undefined) return undefined;
    const own = workload.annotations['sidecar.istio.io/proxyImageType'] ?? type;
    return `${hub}/${image}:${tag}${own === undefined || own === 'default' || own === '' ? '' : `-${own}`}`;
  };
};

/** Distroless and debug images are variants of one version, which pods may choose. */
const isOfOneVersion = (image: string, wanted: string | undefined): boolean =>
  wanted === undefined || withoutVariant(image) === withoutVariant(wanted);

const withoutVariant = (image: string): string => image.replace(/-(?:distroless|debug)$/, '');

/** Undefined for a Pod without a sidecar, or with an image of its own choice. */
const proxyImage = ({ spec, annotations }: Workload): string | undefined => {
  if (annotations['sidecar.istio.io/proxyImage'] !== undefined) return undefined;
  for (const key of ['containers', 'initContainers'])
    for (const container of list(spec[key]))
      if (get(container, 'name') === 'istio-proxy') return filled(get(container, 'image'));
  return undefined;
};

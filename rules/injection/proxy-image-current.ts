import type { Workload } from '../../src/facts/workloads.ts';
import type { Related, Resource } from '../../src/model/index.ts';
import { filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { imageFor, imageSettings, isCurrent } from '../../src/rule/proxyImages.ts';

export default defineRule({
  id: 'injection/proxy-image-current',
  severity: 'warning',
  istio: 'all',
  summary: 'Pods as the cluster runs them have the proxy image that the injector gives now.',
  why: 'A sidecar keeps its version until its Pod is made anew. After an upgrade old proxies go on beside the new control plane, without its corrections.',
  fix: 'Restart the workloads of the namespace.',
  reads: ['Pod', 'Namespace', 'ConfigMap istio-sidecar-injector', 'meshConfig.defaultConfig.image', 'ProxyConfig'],
  aliases: ['IST0158'],
  messages: {
    old: 'namespace {namespace} of {cluster} has Pods with another proxy image than the injector gives now ({wanted}): {pods}',
  },
  check(mesh, report) {
    const areRead = mesh.settings.complete.includes('Pod');
    const isAllRead = mesh.settings.complete.includes('ConfigMap');
    for (const member of mesh.members)
      for (const namespace of member.resources.ofKind('Namespace', '')) {
        const revision = revisionOf(namespace);
        const settings = revision === undefined ? undefined : imageSettings(member, revision, isAllRead);
        if (settings === undefined) continue;
        const old = member.workloads.flatMap((workload) => {
          if (workload.resource.kind !== 'Pod' || workload.namespace !== namespace.name) return [];
          if (!areRead && get(workload.resource.value, 'status') === undefined) return [];
          const image = proxyImage(workload);
          return image === undefined || isCurrent(member, settings, workload, image) ? [] : [{ workload, image }];
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
            wanted: imageFor(member, settings, first.workload),
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

/** Undefined for a Pod without a sidecar, or with an image of its own choice. */
const proxyImage = ({ spec, annotations }: Workload): string | undefined => {
  if (annotations['sidecar.istio.io/proxyImage'] !== undefined) return undefined;
  for (const key of ['containers', 'initContainers'])
    for (const container of list(spec[key]))
      if (get(container, 'name') === 'istio-proxy') return filled(get(container, 'image'));
  return undefined;
};

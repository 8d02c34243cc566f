// What sidecar injection tells the proxies of a cluster.
import type { Cluster, Place, Sighting } from '../../model/index.ts';
import { below, filled, get, isTemplate, list, placeIn } from '../../model/index.ts';
import { CONTROL_PLANE, valueSightings } from './values.ts';

/** What `data.values` of the injector ConfigMaps says at `path`. */
export const injectorSightings = (cluster: Cluster, path: readonly string[]): readonly Sighting<unknown>[] =>
  cluster.injectors.flatMap((injector) => {
    if (injector.values === undefined) return [];
    const value = get(injector.values.value, ...path);
    if (value === undefined || value === null) return [];
    return [
      {
        value,
        place: below(injector.values.place, ...path),
        source: `injector values.${path.join('.')}`,
        shared: injector.shared,
      },
    ];
  });

/** Literal values that the injection template gives an environment variable; expressions are no source. */
export const injectorEnvSightings = (cluster: Cluster, name: string): readonly Sighting<string>[] =>
  cluster.injectors.flatMap((injector) => {
    if (injector.template === undefined) return [];
    const pattern = new RegExp(
      String.raw`- name: "?${name}"?[ \t]*\r?\n[ \t]*(value: *("[^"\n]*"|'[^'\n]*'|[^\s#]+))`,
      'd',
    );
    const found = pattern.exec(injector.template.text);
    const value = found?.[2]?.replaceAll(/^["']|["']$/g, '');
    if (value === undefined || value === '' || isTemplate(value)) return [];
    const place = { ...injector.template.place, within: found?.indices?.[1] };
    return [{ value, place, source: `injection template ${name}`, shared: injector.shared }];
  });

/** A place that says to which istiod injection requests go and what they carry. */
export interface InjectionTarget {
  readonly place: Place;
  readonly source: string;
  /** Host of an URL; undefined where only a path is given. */
  readonly host: string | undefined;
  readonly clusterId: string | undefined;
  readonly network: string | undefined;
  readonly shared: boolean;
}

/** injectionPath and injectionURL of Helm values and of MutatingWebhookConfigurations. */
export const injectionTargets = (cluster: Cluster): readonly InjectionTarget[] => {
  const written = [
    ...valueSightings(cluster, CONTROL_PLANE, ['istiodRemote', 'injectionPath']),
    ...valueSightings(cluster, CONTROL_PLANE, ['istiodRemote', 'injectionURL']),
    ...webhookTargets(cluster),
  ];
  return written.flatMap((sighting) => {
    const target = filled(sighting.value);
    return target === undefined
      ? []
      : [
          {
            ...injectionTarget(target),
            place: sighting.place,
            source: sighting.source,
            shared: sighting.shared === true,
          },
        ];
  });
};

/** `/inject/cluster/<id>/net/<network>` in any order, `--slash--` for '/', or `:ENV:cluster=<id>:ENV:net=<network>`. */
export const injectionTarget = (
  target: string,
): { host: string | undefined; clusterId: string | undefined; network: string | undefined } => {
  const host = /^https?:\/\/(\[[^\]]*\]|[^/:]+)/.exec(target)?.[1];
  const path = target.replace(/^https?:\/\/[^/]*/, '');
  const env = new Map<string, string>();
  for (const part of path.split(':ENV:').slice(1)) {
    const at = part.indexOf('=');
    if (at > 0) env.set(part.slice(0, at), part.slice(at + 1));
  }
  if (env.size === 0) {
    const steps = path.split('/').slice(2);
    for (let i = 0; i + 1 < steps.length; i += 2) env.set(steps[i]!, steps[i + 1]!.replaceAll('--slash--', '/'));
  }
  return { host, clusterId: filled(env.get('cluster')), network: filled(env.get('net')) };
};

const webhookTargets = (cluster: Cluster): readonly Sighting<unknown>[] =>
  cluster.resources
    .ofKind('MutatingWebhookConfiguration')
    .filter(
      (webhook) =>
        /sidecar-injector|istio-revision-tag/.test(webhook.name) || webhook.labels['app'] === 'sidecar-injector',
    )
    .flatMap((webhook) =>
      list(webhook.value['webhooks']).flatMap((entry, index) =>
        [['url'], ['service', 'path']].flatMap((path) => {
          const value = get(entry, 'clientConfig', ...path);
          return value === undefined
            ? []
            : [
                {
                  value,
                  place: placeIn(webhook, 'webhooks', index, 'clientConfig', ...path),
                  source: 'injection webhook',
                  shared: webhook.shared,
                },
              ];
        }),
      ),
    )
    .slice(0, 16);

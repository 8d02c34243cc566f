// Objects that install others which the files do not show: charts, Applications, what Flux applies.
import type { Resource, Resources } from '../model/index.ts';
import { filled, get, list } from '../model/index.ts';

/** Whether an object of a kind installs anything, by its group: other groups have kinds of the same name. */
const KINDS: Readonly<Record<string, (resource: Resource) => boolean>> = {
  Application: ({ group }) => group !== 'app.k8s.io',
  ApplicationSet: () => true,
  // That of Flux is a chart to fetch; that of k3s is installed.
  HelmChart: ({ group }) => group !== 'source.toolkit.fluxcd.io',
  HelmRelease: () => true,
  // A kustomization.yaml shows what it builds on, but for the charts that it inflates.
  Kustomization: ({ group, value }) => group !== 'kustomize.config.k8s.io' || list(value['helmCharts']).length > 0,
};

/** Every such object, whether the files show what it installs or not; by kind, in the order of the files. */
export const installers = (resources: Resources): readonly Resource[] =>
  Object.entries(KINDS).flatMap(([kind, installs]) => resources.ofKind(kind).filter(installs));

/** Where an Application, or the template of an ApplicationSet, says what is installed; the spec of all others. */
export const specOf = ({ kind, value }: Resource): unknown =>
  kind === 'ApplicationSet' ? get(value, 'spec', 'template', 'spec') : value['spec'];

/** What an Application installs. */
export const sourcesOf = (resource: Resource): readonly unknown[] => {
  const spec = specOf(resource);
  return [get(spec, 'source'), ...list(get(spec, 'sources'))].filter((source) => source !== undefined);
};

/** Charts that an object installs, as it names them: with the repository where it is part of the name. */
export const chartsNamed = (resource: Resource): readonly string[] =>
  [
    get(resource.value, 'spec', 'chart', 'spec', 'chart'),
    get(resource.value, 'spec', 'chart'),
    get(resource.value, 'spec', 'chart', 'name'),
    ...sourcesOf(resource).map((source) => get(source, 'chart')),
    ...list(resource.value['helmCharts']).map((chart) => get(chart, 'name')),
  ].flatMap((name) => filled(name) ?? []);

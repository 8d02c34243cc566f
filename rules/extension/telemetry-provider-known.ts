import { meshConfigSightings } from '../../src/facts/sources.ts';
import type { Member } from '../../src/facts/mesh.ts';
import { within } from '../../src/facts/version.ts';
import type { Path, Resource } from '../../src/model/index.ts';
import { filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'extension/telemetry-provider-known',
  severity: 'warning',
  istio: '1.11+',
  summary: 'Each part of a Telemetry has a provider: its own, or the default of the mesh config.',
  why: 'Settings without a provider have nobody to send to, so that they do nothing. The provider lightstep was taken out of Istio; OpenTelemetry is its successor.',
  fix: 'Name a provider in the Telemetry, or set meshConfig.defaultProviders for it.',
  reads: ['Telemetry', 'meshConfig.defaultProviders', 'meshConfig.extensionProviders'],
  aliases: ['IST0157', 'IST0002'],
  messages: {
    none: '{part} of Telemetry {name} in {cluster} names no provider, and the mesh config has no default for it: it does nothing',
    lightstep:
      'Telemetry {name} in {cluster} sends to {provider}, a Lightstep provider, which Istio from 1.20 has no more',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const lightstep = lightstepProviders(config);
      for (const telemetry of config.resources.ofKind('Telemetry')) {
        const slots = { name: `${telemetry.namespace}/${telemetry.name}`, cluster: config.name };
        const where = { cluster: config.name, resource: telemetry };
        const bare = bareEntry(telemetry, config, mesh.settings.complete.includes('ConfigMap'));
        if (bare !== undefined)
          report(
            'none',
            { ...where, at: placeIn(telemetry, ...bare.path), aliases: ['IST0157'] },
            { ...slots, part: bare.part },
          );
        if (within(mesh.versionOf(config).minors, '1.20+') !== 'inside') continue;
        const named = providersOf(telemetry).find(({ name }) => lightstep.has(name));
        if (named !== undefined)
          report(
            'lightstep',
            { ...where, at: placeIn(telemetry, ...named.path), aliases: ['IST0002'] },
            { ...slots, provider: named.name },
          );
      }
    }
  },
});

const PARTS = ['tracing', 'metrics', 'accessLogging'] as const;

/** The first entry of a part without a provider, where no entry of the part and no mesh config gives it one. */
const bareEntry = (
  telemetry: Resource,
  config: Member,
  isAll: boolean,
): { readonly part: string; readonly path: Path } | undefined => {
  for (const part of PARTS) {
    const entries = list(get(telemetry.value, 'spec', part));
    const index = entries.findIndex((entry) => list(get(entry, 'providers')).length === 0);
    if (index >= 0 && defaultsFor(config, part, isAll) === 'none') return { part, path: ['spec', part, index] };
  }
  return undefined;
};

/** Metrics go to Prometheus where nothing is said; what the mesh config says is not known where none is loaded. */
const defaultsFor = (config: Member, part: (typeof PARTS)[number], isAll: boolean): 'some' | 'none' => {
  const said = meshConfigSightings(config.cluster, ['defaultProviders', part]);
  if (said.some((sighting) => list(sighting.value).length > 0)) return 'some';
  if (part === 'tracing' && meshConfigSightings(config.cluster, ['enableTracing']).length > 0) return 'some';
  if (part === 'accessLogging' && meshConfigSightings(config.cluster, ['accessLogFile']).length > 0) return 'some';
  return part === 'metrics' || (config.cluster.meshConfigs.length === 0 && !isAll) ? 'some' : 'none';
};

const providersOf = (telemetry: Resource): readonly { readonly name: string; readonly path: Path }[] =>
  PARTS.flatMap((part) =>
    list(get(telemetry.value, 'spec', part)).flatMap((entry, index) =>
      list(get(entry, 'providers')).flatMap((provider, at) => {
        const name = filled(get(provider, 'name'));
        return name === undefined || isTemplate(name)
          ? []
          : [{ name, path: ['spec', part, index, 'providers', at, 'name'] }];
      }),
    ),
  );

const lightstepProviders = ({ cluster }: Member): ReadonlySet<string> =>
  new Set(
    meshConfigSightings(cluster, ['extensionProviders']).flatMap((sighting) =>
      list(sighting.value).flatMap((provider) =>
        get(provider, 'lightstep') === undefined ? [] : (filled(get(provider, 'name')) ?? []),
      ),
    ),
  );

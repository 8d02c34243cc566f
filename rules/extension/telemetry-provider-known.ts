import { meshConfigSightings } from '../../src/facts/sources.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { within } from '../../src/facts/version.ts';
import type { Path, Resource } from '../../src/model/index.ts';
import { filled, flag, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { realmsOf, rootNamespaceOf } from '../../src/rule/scope.ts';

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
    beside:
      '{part} of Telemetry {name} in {cluster} has an entry without provider beside one for {provider}: it acts on what that entry says',
    lightstep:
      'Telemetry {name} in {cluster} sends to {provider}, a Lightstep provider, which Istio from 1.20 has no more',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const lightstep = lightstepProviders(config);
      for (const telemetry of config.resources.ofKind('Telemetry')) {
        const slots = { name: `${telemetry.namespace}/${telemetry.name}`, cluster: config.name };
        const where = { cluster: config.name, resource: telemetry };
        const bare = bareEntry(mesh, telemetry, config);
        if (bare !== undefined) {
          const at = placeIn(telemetry, ...bare.path);
          const named = { ...where, at, aliases: ['IST0157'] };
          if (bare.beside === undefined) report('none', named, { ...slots, part: bare.part });
          else
            report(
              'beside',
              { ...named, severity: 'info', fix: 'Put both into one entry, or name the provider in each.' },
              { ...slots, part: bare.part, provider: bare.beside },
            );
        }
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

interface BareEntry {
  readonly part: string;
  readonly path: Path;
  /** The provider of an entry before it, which it takes over. */
  readonly beside: string | undefined;
}

/** The first entry of a part without a provider, where neither wider Telemetry resources nor the mesh config give it one. */
const bareEntry = (mesh: Mesh, telemetry: Resource, config: Member): BareEntry | undefined => {
  for (const part of PARTS) {
    const entries = list(get(telemetry.value, 'spec', part));
    const index = entries.findIndex((entry) => list(get(entry, 'providers')).length === 0 && !isSwitchedOff(entry));
    if (index < 0 || inherits(telemetry, part, config) || defaultsFor(mesh, config, part) === 'some') continue;
    const before = providersOf(telemetry).findLast(({ path }) => path[1] === part && Number(path[2]) < index);
    return { part, path: ['spec', part, index], beside: before?.name };
  }
  return undefined;
};

/** A Telemetry goes on from that of its namespace, and that from the one of the root namespace. */
const inherits = (telemetry: Resource, part: string, config: Member): boolean =>
  config.resources
    .ofKind('Telemetry')
    .some(
      (other) =>
        other !== telemetry &&
        (other.namespace === telemetry.namespace || other.namespace === rootNamespaceOf(config)) &&
        get(other.value, 'spec', 'selector', 'matchLabels') === undefined &&
        list(get(other.value, 'spec', part)).some((entry) => list(get(entry, 'providers')).length > 0),
    );

/** Who switches a part off needs nobody to send to. */
const isSwitchedOff = (entry: unknown): boolean =>
  ['disabled', 'disableSpanReporting'].some((key) => flag(get(entry, key)) === true);

/** Older settings than providers that say where a part goes. */
const OLDER: Readonly<Record<(typeof PARTS)[number], readonly (readonly string[])[]>> = {
  tracing: [['enableTracing'], ['defaultConfig', 'tracing']],
  metrics: [],
  accessLogging: [['accessLogFile']],
};

/** Metrics go to Prometheus where nothing is said; what the mesh config says is not known where none is loaded. */
const defaultsFor = (mesh: Mesh, config: Member, part: (typeof PARTS)[number]): 'some' | 'none' => {
  const said = meshConfigSightings(config.cluster, ['defaultProviders', part]);
  if (said.some((sighting) => list(sighting.value).length > 0)) return 'some';
  if (OLDER[part].some((path) => meshConfigSightings(config.cluster, path).length > 0)) return 'some';
  // Up to 1.21 proxies send traces to zipkin.istio-system by themselves.
  if (part === 'tracing' && within(mesh.versionOf(config).minors, '1.22+') !== 'inside') return 'some';
  const isKnown = config.cluster.meshConfigs.length > 0 || mesh.settings.complete.includes('ConfigMap');
  return part === 'metrics' || !isKnown ? 'some' : 'none';
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

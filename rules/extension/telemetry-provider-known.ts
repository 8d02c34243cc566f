import { meshConfigSightings } from '../../src/facts/sources.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { within } from '../../src/facts/minors.ts';
import type { Path, Resource } from '../../src/model/index.ts';
import { filled, flag, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { serviceHost, serviceOf } from '../../src/rule/hosts.ts';
import { resolveHost } from '../../src/rule/resolve.ts';
import { clusterDomainOf, inWords, realmsOf, rootNamespaceOf, someInWords } from '../../src/rule/scope.ts';
import { serviceTable } from '../../src/rule/services.ts';
import { isNameSlip } from '../../src/rule/slips.ts';
import type { Providers } from '../../src/rule/telemetryProviders.ts';
import { OWN_PROVIDERS, providersOfMesh } from '../../src/rule/telemetryProviders.ts';

const messages = {
  none: '{part} of Telemetry {name} in {cluster} names no provider, and the mesh config has no default for it: it does nothing',
  beside:
    '{part} of Telemetry {name} in {cluster} has an entry without provider beside one for {provider}: it acts on what that entry says',
  unknown:
    'Telemetry {name} in {cluster} sends to provider {provider}; extensionProviders of the mesh config has {providers}{near}',
  service:
    'extension provider {provider} in the mesh config of {cluster} sends to {service}; {none} has such a Service{near}',
  partial:
    'extension provider {provider} in the mesh config of {cluster} sends to {service}, which Istio takes as it stands: the Service is called {full}',
  lightstep:
    'Telemetry {name} in {cluster} sends to {provider}, a Lightstep provider, which Istio from 1.20 has no more',
} as const;

export default defineRule({
  id: 'extension/telemetry-provider-known',
  severity: 'warning',
  istio: '1.11+',
  summary:
    'Each part of a Telemetry has a provider that the mesh config knows: its own, or the default; and its Service is there.',
  why: 'Settings without a provider, or with one that the mesh config or the mesh does not have, have nobody to send to, so that they do nothing. The provider lightstep was taken out of Istio; OpenTelemetry is its successor.',
  fix: 'Name a provider in the Telemetry, or set meshConfig.defaultProviders for it.',
  reads: ['Telemetry', 'meshConfig.defaultProviders', 'meshConfig.extensionProviders', 'Service', 'ServiceEntry'],
  aliases: ['IST0157', 'IST0002'],
  messages,
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const lightstep = lightstepProviders(config);
      const known = providersOfMesh(config);
      checkServices(mesh, config, known, report);
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
        checkNames(config, known, telemetry, report);
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

/** Names of providers that the mesh config does not have; where it may have others, slips of the pen only. */
const checkNames = (
  config: Member,
  { all, complete }: Providers,
  telemetry: Resource,
  report: Report<typeof messages>,
): void => {
  const names = [...new Set(all.map(({ name }) => name))];
  const known = [...names, ...OWN_PROVIDERS];
  for (const { name, path } of providersOf(telemetry)) {
    if (known.includes(name) || isSwitchedOff(get(telemetry.value, ...path.slice(0, 3)))) continue;
    const near = known.find((other) => isNameSlip(name, other));
    if (!complete && near === undefined) continue;
    report(
      'unknown',
      {
        at: placeIn(telemetry, ...path),
        cluster: config.name,
        resource: telemetry,
        aliases: [],
        also: all
          .slice(0, 2)
          .map((provider) => ({ place: provider.place, cluster: config.name, message: `provider ${provider.name}` })),
        fix: 'Name a provider of meshConfig.extensionProviders, or add this one there.',
      },
      {
        name: `${telemetry.namespace}/${telemetry.name}`,
        cluster: config.name,
        provider: name,
        providers: names.length === 0 ? 'none of that name' : someInWords(names),
        near: near === undefined || (names.length === 1 && near === names[0]) ? '' : `, did you mean ${near}?`,
      },
    );
  }
};

/** Istio looks for the very name of a Service. */
const checkServices = (mesh: Mesh, config: Member, { all }: Providers, report: Report<typeof messages>): void => {
  for (const { name, service } of all) {
    if (service === undefined) continue;
    const domain = clusterDomainOf(config);
    const where = { at: service.place, cluster: config.name, aliases: [] };
    const slots = { provider: name, cluster: config.name };
    const found = resolveHost(mesh, config, service.host);
    if (found.state === 'nowhere') {
      const near = serviceTable(mesh)
        .inNamespace(found.namespace)
        .find((other) => isNameSlip(found.name, other.name));
      report(
        'service',
        { ...where, fix: 'Write the full name of a Service that is there (name.namespace.svc.cluster.local).' },
        {
          ...slots,
          service: `${found.name}.${found.namespace}`,
          none:
            mesh.members.length === 1
              ? `nothing in ${config.name}`
              : `none of ${inWords(mesh.members.map((peer) => peer.name))}`,
          near: near === undefined ? '' : `, did you mean ${near.name}?`,
        },
      );
      continue;
    }
    const part = found.state === 'untold' ? serviceOf(service.host, domain, true) : undefined;
    // A full name of a Service that other files may hold.
    if (part === undefined || service.host.split('.').length > 3) continue;
    if (serviceTable(mesh).find(part.namespace, part.name) === undefined) continue;
    const full = serviceHost(part.name, part.namespace, domain);
    report('partial', { ...where, fix: `Write ${full}.` }, { ...slots, service: service.host, full });
  }
};

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

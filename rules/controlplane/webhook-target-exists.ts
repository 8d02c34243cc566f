import { DISCOVERY_PORT, WEBHOOK_PORT } from '../../src/facts/gateways.ts';
import { isComplete } from '../../src/facts/mesh/tracks.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { CONTROL_PLANE, valueSightings } from '../../src/facts/sources.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Place, Related, Resource } from '../../src/model/index.ts';
import { describe, filled, get, integer, isTemplate, list, placeIn, text } from '../../src/model/index.ts';
import { hasService, knownServices } from '../../src/rule/controlPlane/planeServices.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import { serversOf } from '../../src/rule/gateways.ts';
import { isInjector } from '../../src/rule/injectionWebhooks.ts';
import { keysAskedFor } from '../../src/rule/labelSelectors.ts';
import { inWords } from '../../src/rule/scope.ts';

const messages = {
  service: '{cluster}: {webhook} calls {service}, {cluster} has {found}{peers}{suffix}',
  port: '{cluster}: {source} calls {host} on port {port}; istiod answers webhooks on {expected}{peers}{suffix}',
  twice:
    '{cluster}: {webhook} is stated for {service} and for {other}: the second control plane takes the webhook of the first away{suffix}',
} as const;

export default defineRule({
  id: 'controlplane/webhook-target-exists',
  severity: 'error',
  istio: '1.6+',
  summary: 'The webhooks of a cluster call an istiod that is there.',
  why: 'A webhook that calls a Service or a port that nobody answers makes the API server refuse new pods, or lets them run without a sidecar.',
  fix: 'Let clientConfig name the Service of the revision that runs in the cluster, or port 15017 of the gateway of its primary.',
  reads: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration', 'Service', 'revisions', 'values'],
  aliases: ['IST0139'],
  messages,
  check(mesh, report) {
    for (const member of mesh.members) {
      const speaks = speaksFor(mesh.versionOf(member).minors, '1.6+', 'error');
      if (speaks === undefined) continue;
      const hooks = webhooksOf(member);
      const said = new Set<string>();
      for (const hook of hooks) {
        const key = `${hook.resource.kind} ${hook.resource.name} ${hook.namespace}/${hook.service}`;
        if (hook.service === undefined || said.has(key)) continue;
        said.add(key);
        if (member.resources.find('Service', hook.namespace, hook.service, '').length > 0) continue;
        const held = hasService(member, hook.namespace, hook.service);
        if (
          held === 'yes' ||
          ((held === 'unknown' || hook.isForeign) && !isComplete(mesh.settings.complete, 'service:'))
        )
          continue;
        const holders = mesh.members.filter(
          (peer) => peer !== member && hasService(peer, hook.namespace, hook.service!) === 'yes',
        );
        const found = [...knownServices(member).names].filter((name) => !name.endsWith('-remote')).toSorted();
        report(
          'service',
          {
            at: hook.place,
            cluster: member.name,
            resource: hook.resource,
            aliases: hook.resource.kind === 'MutatingWebhookConfiguration' ? ['IST0139'] : [],
            // Charts before 1.10 always check against the default revision; without an answer nothing is checked.
            severity: hook.resource.kind === 'MutatingWebhookConfiguration' ? speaks.severity : 'info',
            also: [...relatedServices(member), ...holders.flatMap((peer) => relatedServices(peer, hook.service))],
          },
          {
            cluster: member.name,
            webhook: describe(hook.resource),
            service: `${hook.namespace === undefined ? '' : `${hook.namespace}/`}${hook.service}`,
            found: found.length === 0 ? 'no such Service' : `${inWords(found)} only`,
            peers:
              holders.length === 0
                ? ''
                : `; ${inWords(holders.map((peer) => peer.name))} ${holders.length === 1 ? 'has' : 'have'} ${hook.service}`,
            suffix: speaks.suffix,
          },
        );
      }
      checkTwins(member, hooks, speaks, report);
      checkPorts(mesh, member, report);
    }
  },
});

const KINDS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const;

/** One call of a webhook of Istio. */
interface Hook {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly service: string | undefined;
  readonly place: Place;
  /** Only its selectors or its name speak of Istio: what it calls may be anything. */
  readonly isForeign: boolean;
}

const isOfIstio = (resource: Resource, service: string | undefined, webhook?: unknown): boolean =>
  /^istiod(-|$)/.test(service ?? '') ||
  asksForInjection(webhook) ||
  /^(istio-sidecar-injector|istio-revision-tag|istio-validator|istiod)(-|$)/.test(resource.name);

/** Whatever its configuration is called: it takes the pods of a revision, or those that ask for sidecars. */
const asksForInjection = (webhook: unknown): boolean =>
  /(?:^|\.)istio\.io$/.test(filled(get(webhook, 'name')) ?? '') &&
  ['namespaceSelector', 'objectSelector'].some((key) =>
    keysAskedFor(get(webhook, key)).some((label) => LABELS.includes(label)),
  );
const LABELS = ['istio.io/rev', 'istio-injection', 'sidecar.istio.io/inject'];

const webhooksOf = (member: Member): readonly Hook[] =>
  KINDS.flatMap((kind) => member.resources.ofKind(kind)).flatMap((resource) =>
    list(resource.value['webhooks']).flatMap((entry, index): readonly Hook[] => {
      const called = get(entry, 'clientConfig', 'service');
      const service = filled(get(called, 'name'));
      const namespace = text(get(called, 'namespace'));
      const isForeign = !isOfIstio(resource, service, entry);
      if (isForeign && (resource.kind !== KINDS[0] || !isInjector(entry))) return [];
      if (isTemplate(service ?? '') || isTemplate(namespace ?? '')) return [];
      const place = placeIn(resource, 'webhooks', index, 'clientConfig', 'service', 'name');
      return [{ resource, namespace, service, place, isForeign }];
    }),
  );

const relatedServices = (member: Member, name?: string): readonly Related[] =>
  knownServices(member)
    .rendered.filter((service) => name === undefined || service.name === name)
    .slice(0, 3)
    .map((service) => ({
      place: placeIn(service, 'metadata', 'name'),
      cluster: member.name,
      message: describe(service),
    }));

type Speech = NonNullable<ReturnType<typeof speaksFor>>;

/** One webhook name for two control planes that are both there. */
const checkTwins = (member: Member, hooks: readonly Hook[], speaks: Speech, report: Report<typeof messages>): void => {
  const rendered = new Set(
    knownServices(member).rendered.map((service) => `${service.namespace ?? ''}/${service.name}`),
  );
  const seen = new Map<string, Hook>();
  for (const hook of hooks) {
    if (hook.service === undefined || !rendered.has(`${hook.namespace ?? ''}/${hook.service}`)) continue;
    const key = `${hook.resource.kind} ${hook.resource.name}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, hook);
    if (first === undefined || first.resource === hook.resource) continue;
    if (first.namespace === hook.namespace && first.service === hook.service) continue;
    report(
      'twice',
      {
        at: placeIn(hook.resource, 'metadata', 'name'),
        cluster: member.name,
        resource: hook.resource,
        aliases: [],
        severity: speaks.severity,
        fix: 'Give one of the control planes a revision, or webhooks of its own by INJECTION_WEBHOOK_CONFIG_NAME and VALIDATION_WEBHOOK_CONFIG_NAME.',
        also: [
          { place: first.place, cluster: member.name, message: `for ${first.namespace ?? ''}/${first.service ?? ''}` },
        ],
      },
      {
        cluster: member.name,
        webhook: describe(hook.resource),
        service: `${first.namespace ?? ''}/${first.service ?? ''}`,
        other: `${hook.namespace ?? ''}/${hook.service}`,
        suffix: speaks.suffix,
      },
    );
    return;
  }
};

/** URLs of webhooks whose port is neither that of istiod nor one that a Gateway of a primary opens. */
const checkPorts = (mesh: Mesh, member: Member, report: Report<typeof messages>): void => {
  const primaries = mesh.primariesOf(member).filter((primary) => primary !== member);
  const opened = new Set(primaries.flatMap(openedPorts));
  const said = new Set<string>();
  for (const { url, place, source } of urlsOf(member)) {
    const found = /^https?:\/\/(\[[^\]]*\]|[^/:]+)(?::(\d+))?(?:\/|$)/.exec(url);
    if (found === null || isTemplate(found[1] ?? '')) continue;
    const port = found[2] === undefined ? 443 : Number(found[2]);
    const speaks = speaksFor(mesh.versionOf(member).minors, '1.6+', opened.size > 0 ? 'error' : 'warning');
    if (port === WEBHOOK_PORT || opened.has(port) || said.has(url) || speaks === undefined) continue;
    // Without the Gateways of the primary, a load balancer may translate the usual port of https.
    if (opened.size === 0 && port === 443) continue;
    said.add(url);
    report(
      'port',
      {
        at: place,
        cluster: member.name,
        aliases: [],
        severity: speaks.severity,
        also: primaries.flatMap((primary) =>
          serversOf(primary)
            .filter((server) => server.port === WEBHOOK_PORT)
            .slice(0, 1)
            .map((server) => ({ place: server.place, cluster: primary.name, message: `port ${WEBHOOK_PORT}` })),
        ),
      },
      {
        cluster: member.name,
        source,
        host: found[1]!,
        port,
        expected: WEBHOOK_PORT,
        peers: opened.size === 0 ? '' : `, the port that ${inWords(primaries.map((primary) => primary.name))} opens`,
        suffix: speaks.suffix,
      },
    );
  }
};

/** Ports of Gateways that lead to webhooks: 15017, or what else is opened beside 15012. */
const openedPorts = (primary: Member): readonly number[] => {
  const servers = serversOf(primary);
  const gateways = new Set(
    servers
      .filter((server) => server.port === DISCOVERY_PORT || server.port === WEBHOOK_PORT)
      .map((server) => server.gateway),
  );
  return servers
    .filter(
      (server) => gateways.has(server.gateway) && server.port !== DISCOVERY_PORT && server.mode !== 'AUTO_PASSTHROUGH',
    )
    .flatMap((server) => [
      ...(server.port === undefined ? [] : [server.port]),
      ...primary.resources
        .ofKind('Service', '')
        .flatMap((service) =>
          list(get(service.value, 'spec', 'ports')).flatMap((entry) =>
            get(entry, 'targetPort') === server.port ? (integer(get(entry, 'port')) ?? []) : [],
          ),
        ),
    ]);
};

const urlsOf = (
  member: Member,
): readonly { readonly url: string; readonly place: Place; readonly source: string }[] => [
  ...valueSightings(member.cluster, CONTROL_PLANE, ['istiodRemote', 'injectionURL']).flatMap(
    ({ value, place, source }) => {
      const url = filled(value);
      return url === undefined ? [] : [{ url, place, source }];
    },
  ),
  ...KINDS.flatMap((kind) => member.resources.ofKind(kind)).flatMap((resource) =>
    list(resource.value['webhooks']).flatMap((entry, index) => {
      const url = filled(get(entry, 'clientConfig', 'url'));
      return url === undefined || !isOfIstio(resource, undefined)
        ? []
        : [{ url, place: placeIn(resource, 'webhooks', index, 'clientConfig', 'url'), source: describe(resource) }];
    }),
  ),
];

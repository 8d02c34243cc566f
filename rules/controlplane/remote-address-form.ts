import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { CONTROL_PLANE, operatorSpecs, valueSightings } from '../../src/facts/sources.ts';
import { lowered, speaksFor, within } from '../../src/facts/minors.ts';
import type { Place, Related, Resource, Severity } from '../../src/model/index.ts';
import { filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { planeServices } from '../../src/rule/controlPlane/planeServices.ts';
import {
  hasLocalIstiod,
  injectionUrls,
  isDnsName,
  isIpv4,
  isIpv6,
  remotesOf,
} from '../../src/rule/controlPlane/remotes.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';

const messages = {
  scheme: '{cluster}: {key} is "{address}"; charts take a bare address without scheme, path and port{peer}',
  name: '{cluster}: {key} is the host name {address}; {effect}{peer}{suffix}',
  ipv6: '{cluster}: {key} is the IPv6 address {address}, which charts before Istio 1.28 take for a host name; {effect}{peer}{suffix}',
  service:
    '{cluster}: webhooks call Service {service}, which is of type ExternalName ({address}); the API server refuses that{peer}{suffix}',
  url: '{cluster}: the injection URL names the IP address {address}; certificates are made out to names, so that the API server may refuse the one of istiod{suffix}',
} as const;

export default defineRule({
  id: 'controlplane/remote-address-form',
  severity: 'error',
  istio: 'all',
  summary: 'The address of the control plane in a remote cluster has the form that its webhooks and proxies can use.',
  why: 'From an IP address the charts make a Service with endpoints, from a host name one of type ExternalName. The API server calls no webhook through ExternalName, so that no pod of the remote cluster is injected. Up to 1.5 Endpoints take no names at all.',
  fix: 'Write the IP address of the gateway into global.remotePilotAddress, or leave the Service out and inject by istiodRemote.injectionURL with a host name.',
  reads: ['values', 'controlPlaneRole', 'Service', 'MutatingWebhookConfiguration'],
  models: ['shared-control-plane', 'primary-remote-one-network', 'primary-remote-networks', 'external-control-plane'],
  messages,
  check(mesh, report) {
    for (const { member } of remotesOf(mesh)) {
      checkValues(mesh, member, report);
      checkServices(mesh, member, report);
      checkUrls(mesh, member, report);
    }
  },
});

const KEYS = ['remotePilotAddress', 'remotePolicyAddress', 'remoteTelemetryAddress'] as const;
const REFUSED = 'Endpoints take IP addresses only';
const EXTERNAL_NAME = 'its Service becomes ExternalName, through which the API server calls no webhook';

const checkValues = (mesh: Mesh, member: Member, report: Report<typeof messages>): void => {
  const { minors } = mesh.versionOf(member);
  for (const key of KEYS)
    for (const { value, place } of valueSightings(member.cluster, CONTROL_PLANE, ['global', key])) {
      const address = filled(value);
      if (address === undefined || isTemplate(address)) continue;
      const peer = peerWithIp(mesh, member, key);
      const where = { at: place, cluster: member.name, also: peer?.also };
      const shown = { cluster: member.name, key: `global.${key}`, address, peer: peer?.words ?? '' };
      if (/^[a-z]+:\/\/|\/|^[^:]+:\d+$|^\[.*\]:\d+$/i.test(address)) {
        report('scheme', where, shown);
        continue;
      }
      if (!isDnsName(address) && !isIpv6(address)) continue;
      const speaks = speechOn(mesh, member, address);
      if (speaks === undefined) continue;
      const effect = minors.high <= 5 ? REFUSED : EXTERNAL_NAME;
      report(
        isIpv6(address) ? 'ipv6' : 'name',
        { ...where, severity: speaks.severity },
        { ...shown, effect, suffix: speaks.suffix },
      );
    }
};

/** A name does no harm where webhooks do not go through the Service. */
const speechOn = (
  mesh: Mesh,
  member: Member,
  address: string,
): { readonly severity: Severity; readonly suffix: string } | undefined => {
  const { minors } = mesh.versionOf(member);
  const isOld = within(minors, '<=1.5') === 'inside';
  if (!isOld && (injectionUrls(member).length > 0 || hasLocalIstiod(member) || isExternalProfile(member)))
    return undefined;
  return isIpv6(address) ? speaksFor(minors, '1.6-1.27', 'error') : { severity: 'error', suffix: '' };
};

const isExternalProfile = (member: Member): boolean =>
  operatorSpecs(member.cluster).some(({ spec }) => filled(spec['profile']) === 'external') ||
  member.cluster.values.some(
    (source) =>
      filled(source.values['profile']) === 'external' ||
      filled(get(source.object?.value, 'spec', 'profile')) === 'external',
  );

/** Another remote cluster that writes an IP address. */
const peerWithIp = (
  mesh: Mesh,
  member: Member,
  key: string,
): { readonly words: string; readonly also: readonly Related[] } | undefined => {
  for (const { member: other } of remotesOf(mesh)) {
    if (other === member) continue;
    const held = valueSightings(other.cluster, CONTROL_PLANE, ['global', key]).find(({ value }) =>
      isIpv4(filled(value) ?? ''),
    );
    if (held !== undefined)
      return {
        words: `; ${other.name} has the IP address ${filled(held.value)}`,
        also: [{ place: held.place, cluster: other.name, message: `global.${key} ${filled(held.value)}` }],
      };
  }
  return undefined;
};

/** Services of istiod that are ExternalName although a webhook of the files calls them. */
const checkServices = (mesh: Mesh, member: Member, report: Report<typeof messages>): void => {
  const speaks = speaksFor(mesh.versionOf(member).minors, '1.6+', 'error');
  if (speaks === undefined) return;
  for (const service of planeServices(member)) {
    if (get(service.value, 'spec', 'type') !== 'ExternalName') continue;
    const caller = webhookOn(member, service);
    if (caller === undefined) continue;
    const severity =
      caller.webhook.kind === 'MutatingWebhookConfiguration' ? speaks.severity : lowered(speaks.severity);
    report(
      'service',
      {
        at: placeIn(service, 'spec', 'type'),
        cluster: member.name,
        resource: service,
        severity,
        also: [{ place: caller.place, cluster: member.name, message: `${caller.webhook.kind} ${caller.webhook.name}` }],
      },
      {
        cluster: member.name,
        service: service.name,
        address: filled(get(service.value, 'spec', 'externalName')) ?? '',
        peer: '',
        suffix: speaks.suffix,
      },
    );
  }
};

const webhookOn = (
  member: Member,
  service: Resource,
): { readonly webhook: Resource; readonly place: Place } | undefined => {
  for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'])
    for (const webhook of member.resources.ofKind(kind)) {
      const index = list(webhook.value['webhooks']).findIndex((entry) => {
        const called = get(entry, 'clientConfig', 'service');
        return get(called, 'name') === service.name && get(called, 'namespace') === service.namespace;
      });
      if (index >= 0) return { webhook, place: placeIn(webhook, 'webhooks', index, 'clientConfig', 'service', 'name') };
    }
  return undefined;
};

const checkUrls = (mesh: Mesh, member: Member, report: Report<typeof messages>): void => {
  const speaks = speaksFor(mesh.versionOf(member).minors, '1.6+', 'warning');
  const said = new Set<string>();
  for (const { host, place } of injectionUrls(member)) {
    if (speaks === undefined || host === undefined || said.has(host) || !(isIpv4(host) || isIpv6(host))) continue;
    said.add(host);
    report(
      'url',
      {
        at: place,
        cluster: member.name,
        severity: speaks.severity,
        fix: 'Give the gateway of the control plane a DNS name that its certificate is made out to, and use this name in the URL.',
      },
      { cluster: member.name, address: host, suffix: speaks.suffix },
    );
  }
};

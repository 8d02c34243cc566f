import { isIP } from 'node:net';
import type { Resource } from '../../src/model/index.ts';
import { filled, get, isTemplate, list, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'controlplane/webhook-url-valid',
  severity: 'warning',
  istio: '1.8+',
  summary: 'The webhooks of a cluster whose control plane is elsewhere have a URL that the API server can call.',
  why: 'Without a URL (or a Service) the API server cannot ask the control plane: new pods get no sidecar, or are refused. An IP address has to stand in the certificate of the control plane, which as a rule names a host.',
  fix: 'Set clientConfig.url to https://<host of the control plane>:15017/…; istiodRemote.injectionURL writes it.',
  reads: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
  aliases: ['IST0163', 'IST0164'],
  messages: {
    none: 'webhook {webhook} of {configuration} in {cluster} has neither URL nor Service: nobody answers it',
    broken: 'webhook {webhook} of {configuration} in {cluster} has the URL {url}, which is none',
    address:
      'webhook {webhook} of {configuration} in {cluster} calls the IP address {host}: the certificate there has to name it',
  },
  check(mesh, report) {
    for (const member of mesh.members)
      for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'])
        for (const resource of member.resources.ofKind(kind).filter(isIstio))
          list(resource.value['webhooks']).forEach((webhook, index) => {
            const client = get(webhook, 'clientConfig');
            const url = filled(get(client, 'url'));
            if (get(client, 'service') !== undefined || (url !== undefined && isTemplate(url))) return;
            const where = { cluster: member.name, resource };
            const slots = {
              webhook: filled(get(webhook, 'name')) ?? `${index}`,
              configuration: resource.name,
              cluster: member.name,
            };
            const at = placeIn(resource, 'webhooks', index, 'clientConfig', ...(hasKey(client, 'url') ? ['url'] : []));
            if (url === undefined) {
              report('none', { ...where, at, aliases: ['IST0163'] }, slots);
              return;
            }
            const host = hostOf(url);
            if (host === undefined) report('broken', { ...where, at, aliases: ['IST0163'] }, { ...slots, url });
            else if (isIP(host.replaceAll(/[[\]]/g, '')) !== 0)
              report('address', { ...where, at, severity: 'info', aliases: ['IST0164'] }, { ...slots, host });
          });
  },
});

const isIstio = ({ name, labels }: Resource): boolean =>
  /^(istio-sidecar-injector|istio-revision-tag|istio-validator|istiod-default-validator)/.test(name) ||
  labels['app'] === 'sidecar-injector' ||
  labels['app'] === 'istiod';

const hasKey = (value: unknown, key: string): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key);

const hostOf = (url: string): string | undefined => {
  try {
    const { hostname, protocol } = new URL(url);
    return hostname === '' || protocol !== 'https:' ? undefined : hostname;
  } catch {
    return undefined;
  }
};

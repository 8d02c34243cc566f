import type { Mesh } from '../../src/facts/mesh.ts';
import { isComplete } from '../../src/facts/mesh/tracks.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { describe, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, noneInWords, realmsOf } from '../../src/rule/scope.ts';

const messages = {
  unlisted:
    '{route} in {cluster} matches calls through gateway {gateway}, on which it does not hang (it hangs on {listed}): the match never applies',
  unknown: '{route} in {cluster} matches calls through gateway {gateway}, which {none} has',
  form: '{route} in {cluster} calls a gateway {gateway}; namespace/name is the form that all tools read',
} as const;

export default defineRule({
  id: 'traffic/match-gateway-known',
  severity: 'warning',
  istio: 'all',
  summary: 'A match of a VirtualService names gateways on which the VirtualService hangs.',
  why: 'match.gateways narrows a rule to some of the gateways above. One that is not among them, or that nobody has, makes the rule apply to no call.',
  fix: 'Write the gateway as spec.gateways has it, namespace/name or mesh.',
  reads: ['VirtualService', 'Gateway'],
  aliases: ['KIA1102', 'KIA1108'],
  messages,
  check(mesh, report) {
    for (const { config } of realmsOf(mesh))
      for (const { resource } of statementsOf(config.resources.ofKind('VirtualService', 'networking.istio.io'))) {
        const { namespace, value } = resource;
        const written = texts(get(value, 'spec', 'gateways'));
        const listed = written.length === 0 ? ['mesh'] : written.map((name) => fullName(name, namespace));
        const where = { cluster: config.name, resource };
        const slots = { route: describe(resource), cluster: config.name };
        for (const [index, name] of written.entries())
          if (isDotted(name))
            report(
              'form',
              { ...where, at: placeIn(resource, 'spec', 'gateways', index), severity: 'info', aliases: ['KIA1108'] },
              { ...slots, gateway: name },
            );
        for (const { name, path } of matchGateways(value)) {
          const full = fullName(name, namespace);
          if (name === '' || isTemplate(name) || listed.some(isTemplate) || listed.includes(full)) continue;
          const at = placeIn(resource, ...path);
          if (isUnknown(mesh, full))
            report(
              'unknown',
              { ...where, at, aliases: ['KIA1102'] },
              { ...slots, gateway: name, none: noneInWords(mesh) },
            );
          else report('unlisted', { ...where, at, aliases: [] }, { ...slots, gateway: name, listed: inWords(listed) });
        }
      }
  },
});

/** `gateway.namespace`, as once was usual. */
const isDotted = (name: string): boolean => name.includes('.') && !name.includes('/') && !isTemplate(name);

/** `namespace/name`, or mesh. */
const fullName = (written: string, namespace: string | undefined): string => {
  if (written.startsWith('./')) return `${namespace ?? ''}${written.slice(1)}`;
  if (written === 'mesh' || written.includes('/')) return written;
  if (!isDotted(written)) return `${namespace ?? ''}/${written}`;
  const [name, owner] = written.split('.');
  return `${owner ?? ''}/${name ?? ''}`;
};

const matchGateways = (value: unknown): readonly { readonly name: string; readonly path: (string | number)[] }[] =>
  ['http', 'tls', 'tcp'].flatMap((protocol) =>
    list(get(value, 'spec', protocol)).flatMap((route, index) =>
      list(get(route, 'match')).flatMap((match, at) =>
        texts(get(match, 'gateways')).map((name, entry) => ({
          name,
          path: ['spec', protocol, index, 'match', at, 'gateways', entry],
        })),
      ),
    ),
  );

const isUnknown = (mesh: Mesh, full: string): boolean => {
  if (full === 'mesh' || !isComplete(mesh.settings.complete, 'config:Gateway')) return false;
  const [namespace, name] = full.split('/');
  return mesh.members.every(
    (member) =>
      !hidesKind(member.cluster, ['Gateway']) && member.resources.find('Gateway', namespace, name ?? '').length === 0,
  );
};

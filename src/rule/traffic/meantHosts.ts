// The Service that was meant by a host which names none: a slip in its name, its namespace or what follows them.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Related } from '../../model/index.ts';
import { compareText, describe, placeIn } from '../../model/index.ts';
import { expandHost, isWildcard, serviceHost, UNSTATED } from '../hosts.ts';
import { knownNamespaces, namedNamespaces } from '../knownNamespaces.ts';
import { namespacesInstalledInto } from '../installers.ts';
import { resolveHost } from '../resolve.ts';
import { clusterDomainOf } from '../scope.ts';
import type { MeshService } from '../services.ts';
import { serviceTable } from '../services.ts';
import { isNameSlip, isOneSlipAway } from '../slips.ts';

/** A host that has nearly the form of a Service's name, of which no file could make a Service. */
export interface Misnomer {
  /** `the namespace before .svc.cluster.local is missing`. */
  readonly fault: string;
  readonly meant: MeshService | undefined;
  /** No namespace that the files do not show could have that Service. */
  readonly certain: boolean;
}

/** What is amiss with a host that `resolveHost` cannot tell of; `from` is the namespace of the object that names it. */
export const misnomerOf = (mesh: Mesh, config: Member, host: string, from: string): Misnomer | undefined => {
  if (isWildcard(host)) return undefined;
  const domain = clusterDomainOf(config);
  const full = `svc.${domain}`;
  const [name = '', namespace = '', ...rest] = host.split('.');
  const tail = rest.join('.');
  const table = serviceTable(mesh);
  if (name === '' || namespace === '') return undefined;
  if (namespace === 'svc' && tail === domain) {
    const all = table.named(name);
    const meant = all.find((service) => service.namespace === from) ?? (all.length === 1 ? all[0] : undefined);
    return { fault: `the namespace before .${full} is missing`, meant, certain: true };
  }
  if (tail === full || tail === 'svc') return inWrongNamespace(mesh, name, namespace);
  const meant = table.find(namespace, name);
  if (meant === undefined || isDomainOf(mesh, tail)) return undefined;
  if (tail === domain) return { fault: `.svc before .${domain} is missing`, meant, certain: true };
  return isNearly(tail, full) ? { fault: `names of Services end in .${full}`, meant, certain: true } : undefined;
};

/** Whether a host, as an object of a namespace writes it, is that of a Service which no cluster has. */
export const isNobody = (mesh: Mesh, config: Member, written: string, namespace: string | undefined): boolean => {
  const host = expandHost(written, namespace, clusterDomainOf(config));
  const { state } = resolveHost(mesh, config, host);
  return (
    state === 'nowhere' || (state === 'untold' && misnomerOf(mesh, config, host, namespace ?? UNSTATED) !== undefined)
  );
};

/** The full name that was meant, of the cluster whose objects name it. */
export const meantInWords = (config: Member, { meant }: Misnomer): string =>
  meant === undefined
    ? ''
    : `, did you mean ${serviceHost(meant.name, meant.namespace, clusterDomainOf(config)).replace(`.${UNSTATED}.`, '.<namespace>.')}?`;

/** One letter amiss, or one of its words left out. */
const isNearly = (tail: string, full: string): boolean => {
  if (tail.endsWith('.')) return false;
  const words = full.split('.');
  return isNameSlip(tail, full) || words.some((_, index) => index > 0 && words.toSpliced(index, 1).join('.') === tail);
};

/** The domain of some cluster: whether they agree is another matter. */
const isDomainOf = (mesh: Mesh, tail: string): boolean =>
  mesh.members.some((member) => tail === `svc.${clusterDomainOf(member)}`);

/** A Service of that name lies in a namespace one slip away, and nothing tells of the namespace that is written. */
const inWrongNamespace = (mesh: Mesh, name: string, namespace: string): Misnomer | undefined => {
  if (namespace === UNSTATED || namedNamespaces(mesh).has(namespace) || isInstalledInto(mesh, namespace))
    return undefined;
  const meant = serviceTable(mesh)
    .named(name)
    .find((service) => isNameSlip(namespace, service.namespace));
  return meant === undefined
    ? undefined
    : {
        fault: `no file has a namespace ${namespace}`,
        meant,
        certain: knownNamespaces(mesh).names !== undefined,
      };
};

/** The namespace that was meant by one which the files would hold if it were there, and do not. */
export const meantNamespace = (mesh: Mesh, namespace: string): string | undefined => {
  const { names } = knownNamespaces(mesh);
  if (names === undefined || names.has(namespace) || isInstalledInto(mesh, namespace)) return undefined;
  return [...names].toSorted(compareText).find((name) => isNameSlip(namespace, name));
};

const isInstalledInto = (mesh: Mesh, namespace: string): boolean =>
  mesh.members.some((member) => namespacesInstalledInto(mesh, member).has(namespace));

/** A Service that may have been meant by one which no cluster has: one slip away, or the only one of that name. */
export const nearestService = (mesh: Mesh, namespace: string, name: string): MeshService | undefined => {
  const table = serviceTable(mesh);
  const named = table.named(name);
  return (
    table.inNamespace(namespace).find((service) => isOneSlipAway(service.name, name)) ??
    named.find((service) => isNameSlip(namespace, service.namespace)) ??
    (named.length === 1 && named[0]!.namespace !== UNSTATED ? named[0] : undefined)
  );
};

/** `, did you mean cart.shop?`, and where that Service stands. */
export const hintOf = (
  config: Member,
  service: MeshService | undefined,
): { readonly words: string; readonly also: readonly Related[] } => ({
  words: service === undefined ? '' : `, did you mean ${service.name}.${service.namespace}?`,
  also: relatedTo(config, service),
});

/** Where a Service stands: in the cluster that names it, or in the first that has it. */
export const relatedTo = (config: Member, service: MeshService | undefined): readonly Related[] => {
  const statements = service?.statements ?? [];
  const shown = statements.find(({ member }) => member === config) ?? statements[0];
  return shown === undefined
    ? []
    : [
        {
          place: placeIn(shown.resource, 'metadata', 'name'),
          cluster: shown.member.name,
          message: describe(shown.resource),
        },
      ];
};

// Which cluster knows the Service that a host names.
import type { Member, Mesh } from '../facts/mesh.ts';
import { installedGateways } from '../facts/installedGateways.ts';
import { hidesKind } from '../facts/sources.ts';
import type { Resource } from '../model/index.ts';
import { isComplete } from '../facts/mesh/tracks.ts';
import { serviceOf, UNSTATED } from './hosts.ts';
import { installedNames, isNamedAfterOperated, mayMakeObjectsIn, namesOfGateway } from './installers.ts';
import { clusterDomainOf, istioNamespaceOf, oncePerMesh } from './scope.ts';
import type { ServiceStatement } from './services.ts';
import { serviceEntryHosts, serviceTable } from './services.ts';

/** Where a host is known. `untold`: an external name, or of a namespace whose Services are not among the files. */
export type Resolution =
  | { readonly state: 'here' | 'elsewhere'; readonly members: readonly Member[]; readonly resource: Resource }
  | {
      readonly state: 'nowhere';
      readonly name: string;
      readonly namespace: string;
      /** No file can bring it that was not seen. */
      readonly certain: boolean;
    }
  | { readonly state: 'untold' };

const UNTOLD: Resolution = { state: 'untold' };

/** Where the host of a route of `config` is known: in its own files, in those of other clusters, or in none. */
export const resolveHost = (mesh: Mesh, config: Member, host: string): Resolution => {
  const entry = entryOf(mesh, config, host);
  if (entry !== undefined) return entry;
  const named = serviceOf(host, clusterDomainOf(config));
  if (named === undefined) return UNTOLD;
  const { name, namespace } = named;
  const table = serviceTable(mesh);
  const services =
    namespace === UNSTATED
      ? table.named(name)
      : [table.find(namespace, name), table.find(UNSTATED, name)].filter((service) => service !== undefined);
  const statements =
    services.length === 1 ? services[0]!.statements : services.flatMap((service) => service.statements);
  const first = statements.find(({ member }) => member === config) ?? statements[0];
  if (first !== undefined)
    return {
      state: first.member === config ? 'here' : 'elsewhere',
      members: membersWith(statements),
      resource: first.resource,
    };
  if (isBroughtOtherwise(mesh, name, namespace)) return UNTOLD;
  return { state: 'nowhere', name, namespace, certain: seesServices(mesh, namespace) };
};

const memberLists = new WeakMap<readonly ServiceStatement[], readonly Member[]>();

/** Always the same list for the statements of one Service, so that more can be kept beside it. */
const membersWith = (statements: readonly ServiceStatement[]): readonly Member[] => {
  let found = memberLists.get(statements);
  if (found === undefined) memberLists.set(statements, (found = statements.map(({ member }) => member)));
  return found;
};

const entryOf = (mesh: Mesh, config: Member, host: string): Resolution | undefined => {
  const holders = entryHolders(mesh);
  if (holders.length === 0) return undefined;
  const own = serviceEntryHosts(mesh, config).find(host);
  if (own !== undefined) return { state: 'here', members: [config], resource: own.resource };
  for (const member of holders) {
    const entry = serviceEntryHosts(mesh, member).find(host);
    if (entry !== undefined) return { state: 'elsewhere', members: [member], resource: entry.resource };
  }
  return undefined;
};

const entryHolders = oncePerMesh((mesh): readonly Member[] =>
  mesh.members.filter((member) => member.resources.ofKind('ServiceEntry', 'networking.istio.io').length > 0),
);

/** Services that come with a platform, a gateway or a chart, and namespaces of which the files hold no Service. */
const isBroughtOtherwise = (mesh: Mesh, name: string, namespace: string): boolean => {
  if (namespace === UNSTATED || !mesh.tracks(`service:${namespace}`)) return true;
  const complete = isComplete(mesh.settings.complete, `service:${namespace}`);
  const isSystem = ['kube-system', 'kube-public', 'istio-system'].includes(namespace);
  if (isSystem || mesh.members.some((member) => istioNamespaceOf(member) === namespace)) return !complete;
  if (namespace === 'default' && name === 'kubernetes') return true;
  return (
    broughtNames(mesh).has(name) || mesh.members.some((member) => isNamedAfterOperated(mesh, member, namespace, name))
  );
};

/** Names of releases, and of the Services that Istio makes for gateways. */
const broughtNames = oncePerMesh(
  (mesh): ReadonlySet<string> =>
    new Set(
      mesh.members.flatMap((member) => [
        ...installedNames(mesh, member),
        ...installedGateways(member.cluster).map((gateway) => gateway.name),
        ...member.resources
          .ofKind('Gateway', 'gateway.networking.k8s.io')
          .flatMap((gateway) => namesOfGateway(mesh, member, gateway)),
      ]),
    ),
);

/** Whether the files show every Service of a namespace: nothing unreadable, and nothing that installs into it. */
const seesServices = (mesh: Mesh, namespace: string): boolean =>
  isComplete(mesh.settings.complete, `service:${namespace}`) ||
  mesh.members.every((member) => !hidesKind(member.cluster, ['Service']) && !mayMakeObjectsIn(mesh, member, namespace));

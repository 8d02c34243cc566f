// Who calls a Service, on explicit evidence.
import type { Member, Mesh } from '../facts/mesh.ts';
import { oncePerMesh } from './scope.ts';
import type { MeshService } from './services.ts';
import { serviceTable } from './services.ts';
import type { Use } from './uses.ts';
import { usesIn } from './uses.ts';

/** A cluster that calls a Service, with the strongest evidence for it. */
export interface User {
  readonly member: Member;
  readonly use: Use;
}

const RANK: Readonly<Record<Use['evidence'], number>> = { text: 0, host: 1, destination: 2, config: 3 };

/** Clusters that provably call a Service, in the order of their names. Calls of gateways alone count too. */
export const usersOfService = (mesh: Mesh, service: MeshService): readonly User[] => index(mesh).get(service) ?? [];

const index = oncePerMesh((mesh): ReadonlyMap<MeshService, readonly User[]> => {
  const found = new Map<MeshService, User[]>();
  for (const member of mesh.members)
    for (const use of usesIn(mesh, member)) {
      const held = found.get(use.service);
      const last = held?.at(-1);
      if (held === undefined || last === undefined) found.set(use.service, [{ member, use }]);
      else if (last.member !== member) held.push({ member, use });
      else if (isStronger(use, last.use)) held[held.length - 1] = { member, use };
    }
  return found;
});

const isStronger = (use: Use, held: Use): boolean =>
  Number(use.gatewayOnly) < Number(held.gatewayOnly) ||
  (use.gatewayOnly === held.gatewayOnly && RANK[use.evidence] < RANK[held.evidence]);

/** Services with their users, in the order of namespace and name; those that nobody provably calls are left out. */
export const usedServices = (
  mesh: Mesh,
): readonly { readonly service: MeshService; readonly users: readonly User[] }[] =>
  serviceTable(mesh).all.flatMap((service) => {
    const users = usersOfService(mesh, service);
    return users.length === 0 ? [] : [{ service, users }];
  });

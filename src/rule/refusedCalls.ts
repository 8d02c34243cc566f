// Calls that the files show, and that AuthorizationPolicies surely refuse.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Workload } from '../facts/workloads.ts';
import type { Resource } from '../model/index.ts';
import { isTemplate, placeKey } from '../model/index.ts';
import type { Account } from './admissions.ts';
import type { Refusal } from './policyVerdicts.ts';
import { refusalOf } from './policyVerdicts.ts';
import { oncePerMesh } from './scope.ts';
import type { MeshService, ServiceStatement } from './services.ts';
import {
  containerPort,
  hostOfService,
  isClusterLocal,
  isPlatformService,
  portsOf,
  serviceTable,
  workloadsOf,
} from './services.ts';
import type { Use } from './uses.ts';
import { usesIn } from './uses.ts';

/** One that calls a Service; without an account it is whoever a route stands for. */
export interface Caller {
  readonly member: Member;
  readonly use: Use;
  readonly account: Account | undefined;
}

/** A cluster all pods of which, behind a Service, refuse a caller. */
export interface RefusedCall {
  readonly why: Refusal['why'];
  readonly policies: readonly Resource[];
  readonly holder: Member;
  readonly config: Member;
  readonly service: MeshService;
  readonly target: Workload;
  readonly caller: Caller;
  /** The caller reaches no other pods: those of its own cluster refuse it, or there are none. */
  readonly isSure: boolean;
}

/** In the order of Services, clusters and callers. */
export const refusedCalls = (mesh: Mesh, isTold: (workload: Workload) => boolean): readonly RefusedCall[] => {
  if (!mesh.members.some(({ resources }) => resources.ofKind('AuthorizationPolicy').length > 0)) return [];
  const callers = callersOf(mesh);
  return serviceTable(mesh).all.flatMap((service) => {
    const calling = (callers.get(service) ?? []).filter(
      ({ use }) => use.workload === undefined || !isTold(use.workload),
    );
    return calling.length === 0 || isPlatformService(mesh, service)
      ? []
      : service.statements.flatMap((statement) => refusedAt(mesh, service, statement, calling));
  });
};

const refusedAt = (
  mesh: Mesh,
  service: MeshService,
  { member: holder, resource }: ServiceStatement,
  callers: readonly Caller[],
): readonly RefusedCall[] => {
  const config = mesh.configCluster(holder);
  const targets = workloadsOf(mesh, holder, resource);
  const [target] = targets;
  if (config === undefined || target === undefined) return [];
  const verdicts = new Map<string, Refusal | undefined>();
  const verdictOf = (account: Account | undefined): Refusal | undefined => {
    const key = account === undefined ? '' : `${account.namespace}/${account.name}`;
    if (!verdicts.has(key)) verdicts.set(key, refusalOfAll(mesh, holder, resource, targets, account));
    return verdicts.get(key);
  };
  return callers.flatMap((caller): readonly RefusedCall[] => {
    const { member, account } = caller;
    const found = verdictOf(account);
    const reader = mesh.configCluster(member) ?? member;
    if (found === undefined || (member !== holder && isClusterLocal(mesh, reader, hostOfService(service, reader))))
      return [];
    const isSure = member === holder || !hasPods(mesh, service, member);
    return [{ ...found, holder, config, service, target, caller, isSure }];
  });
};

/** What refuses at the first pods; undefined where some may admit. */
const refusalOfAll = (
  mesh: Mesh,
  holder: Member,
  service: Resource,
  targets: readonly Workload[],
  account: Account | undefined,
): Refusal | undefined => {
  let found: Refusal | undefined;
  for (const target of targets) {
    const ports = portsOf(service).flatMap((port) => containerPort(port, target) ?? []);
    const refusal = refusalOf(mesh, holder, target, { account, ports });
    if (refusal === undefined) return undefined;
    found ??= refusal;
  }
  return found;
};

const hasPods = (mesh: Mesh, service: MeshService, member: Member): boolean =>
  service.statements.some(
    (statement) => statement.member === member && workloadsOf(mesh, member, statement.resource).length > 0,
  );

/** Workloads of the mesh whose files name a Service, and routes that send to it. */
const callersOf = oncePerMesh((mesh): ReadonlyMap<MeshService, readonly Caller[]> => {
  const found = new Map<MeshService, Caller[]>();
  for (const member of mesh.members)
    for (const use of usesIn(mesh, member)) {
      const account = accountOf(use);
      if (account === 'none') continue;
      const held = found.get(use.service);
      if (held === undefined) found.set(use.service, [{ member, use, account }]);
      else held.push({ member, use, account });
    }
  return found;
});

/** `none` where the caller is not in the mesh; undefined where it is not known. */
const accountOf = ({ workload, evidence }: Use): Account | 'none' | undefined => {
  if (workload === undefined) return evidence === 'host' ? 'none' : undefined;
  if (workload.injected !== 'yes' && workload.ambient !== 'yes') return 'none';
  const name = workload.serviceAccount ?? 'default';
  const { namespace } = workload;
  return namespace === undefined || isTemplate(namespace) || isTemplate(name) ? undefined : { namespace, name };
};

/** Calls that one policy refuses for one reason. */
export interface RefusedGroup {
  readonly first: RefusedCall;
  readonly calls: readonly RefusedCall[];
}

/** By the first policy that refuses them: whoever opens its file mends all of them. */
export const groupsOf = (calls: readonly RefusedCall[]): readonly RefusedGroup[] => {
  const groups = new Map<string, RefusedCall[]>();
  for (const call of calls) {
    const [policy] = call.policies;
    if (policy === undefined) continue;
    const key = `${call.why}\0${placeKey(policy.place)}`;
    const held = groups.get(key);
    if (held === undefined) groups.set(key, [call]);
    else held.push(call);
  }
  return [...groups.values()].map((held) => ({ first: held[0]!, calls: held }));
};

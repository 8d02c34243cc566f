import type { Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import { describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { Credential, SecretSource } from '../../src/rule/gateway/credentials.ts';
import { credentialsOf, homesOf, secretSources, secretsNamed } from '../../src/rule/gateway/credentials.ts';
import { holdsAll, selectedGateways } from '../../src/rule/gateway/selected.ts';

export default defineRule({
  id: 'gateway/credential-present',
  severity: 'error',
  istio: 'all',
  summary: 'The Secret that a server of a Gateway names lies in the namespace of the gateway pods, in their cluster.',
  why: 'A gateway gets Secrets of its own namespace and cluster (or of the config cluster) only. Without the Secret the server has no certificate, and the handshake of every call fails.',
  fix: 'Create the Secret, or what makes it, in the namespace of the gateway pods of each cluster; not in that of the Gateway.',
  reads: ['Gateway', 'Secret', 'Certificate', 'ExternalSecret', 'SealedSecret', 'workloads'],
  aliases: ['IST0101'],
  messages: {
    namespace:
      '{gateway} in {cluster} takes its certificate from Secret {secret}: it lies in {found}, and the gateway pods in {wanted}',
    peer: '{gateway} takes its certificate from Secret {secret}: {peer} has it in {wanted}, {cluster} has not',
    absent: '{gateway} in {cluster} takes its certificate from Secret {secret}, which is not in {wanted}',
  },
  check(mesh, report) {
    for (const of of selectedGateways(mesh))
      for (const credential of credentialsOf(of))
        for (const home of homesOf(of)) {
          if (secretsNamed(mesh, of, home, credential.name).length > 0) continue;
          const fault = faultOf(mesh, credential, home.member.name, home.namespace);
          if (fault === undefined) continue;
          const { message, near } = fault;
          report(
            message,
            {
              at: credential.place,
              cluster: home.member.name,
              resource: of.gateway,
              severity: message === 'absent' || holdsAll(mesh, 'Secret') ? 'error' : 'warning',
              also:
                near === undefined
                  ? []
                  : [
                      {
                        place: near.source.resource.place,
                        cluster: near.cluster,
                        message: describe(near.source.resource),
                      },
                    ],
            },
            {
              gateway: describe(of.gateway),
              cluster: home.member.name,
              secret: credential.name,
              wanted: home.namespace ?? 'the namespace of the gateway pods',
              found: near?.source.namespace ?? '',
              peer: near?.cluster ?? '',
            },
          );
          break;
        }
  },
});

interface Fault {
  readonly message: 'namespace' | 'peer' | 'absent';
  readonly near: { readonly source: SecretSource; readonly cluster: string } | undefined;
}

/** Secrets are seldom in Git: only what the cluster or a peer has elsewhere tells that one is missing. */
const faultOf = (
  mesh: Mesh,
  { name, of }: Credential,
  cluster: string,
  namespace: string | undefined,
): Fault | undefined => {
  const isAll = holdsAll(mesh, 'Secret');
  if (mesh.members.some((member) => member.name === cluster && hidesKind(member.cluster, ['Secret']))) return undefined;
  const own = secretSources(mesh, mesh.cluster(cluster)).get(name) ?? [];
  if (!isAll && (namespace === undefined || own.some((source) => source.namespace === undefined))) return undefined;
  const other = own.find((source) => source.namespace !== undefined);
  if (other !== undefined) return { message: 'namespace', near: { source: other, cluster } };
  for (const member of mesh.members) {
    const source = (secretSources(mesh, member).get(name) ?? []).find((held) => held.namespace === namespace);
    if (member.name !== cluster && member !== of.realm.config && source !== undefined)
      return { message: 'peer', near: { source, cluster: member.name } };
  }
  return isAll ? { message: 'absent', near: undefined } : undefined;
};

import type { Mesh } from '../../src/facts/mesh.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Resource } from '../../src/model/index.ts';
import { describe, get, placeKey } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { Credential, CredentialFault, SecretSource } from '../../src/rule/gateway/credentials.ts';
import {
  credentialsOf,
  faultOfClientCa,
  faultOfSecret,
  homesOf,
  liesIn,
  secretSources,
  secretsNamed,
} from '../../src/rule/gateway/credentials.ts';
import { holdsAll, selectedGateways, serverValue } from '../../src/rule/gateway/selected.ts';

export default defineRule({
  id: 'gateway/credential-usable',
  severity: 'error',
  istio: 'all',
  summary: 'The Secret of a Gateway server holds a certificate in date, and the key that belongs to it.',
  why: 'istiod sends a gateway no Secret without tls.crt and tls.key (or cert and key), and clients refuse a certificate that is out of date. Calls of the host fail in the handshake.',
  fix: 'Write a valid pair under tls.crt and tls.key.',
  reads: ['Gateway', 'Secret', 'workloads'],
  aliases: ['IST0161'],
  messages: {
    unusable: '{gateway} in {cluster} takes its certificate from {secret}, which {problem}',
    clients:
      '{gateway} in {cluster} checks certificates of clients (mode {mode}), but {secret} {problem}; there is no Secret {name}-cacert either',
  },
  check(mesh, report) {
    const isAll = holdsAll(mesh, 'Secret');
    for (const credential of selectedGateways(mesh).flatMap(credentialsOf)) {
      const { of, server, name, place } = credential;
      for (const { resource, cluster, fault, isOfClients } of faultsOf(mesh, credential)) {
        const slots = { gateway: describe(of.gateway), cluster, secret: describe(resource), problem: fault.problem };
        const where = {
          at: place,
          cluster,
          resource: of.gateway,
          also: [{ place: fault.place, cluster, message: describe(resource) }],
        };
        if (!isOfClients) report('unusable', where, slots);
        else
          report(
            'clients',
            // The other Secret may be one of those that are not in Git.
            { ...where, aliases: [], severity: isAll ? 'error' : 'warning', fix: FIX },
            { ...slots, mode: server.mode, name },
          );
      }
    }
  },
});

interface Found {
  readonly resource: Resource;
  readonly cluster: string;
  readonly fault: CredentialFault;
  /** It keeps the gateway from checking clients only. */
  readonly isOfClients: boolean;
}

/** What is wrong with the Secrets of a server, each fault once. */
const faultsOf = (mesh: Mesh, credential: Credential): readonly Found[] => {
  const isAll = holdsAll(mesh, 'Secret');
  const found = new Map<string, Found>();
  for (const home of homesOf(credential.of)) {
    const secrets = secretsNamed(mesh, credential.of, home, credential.name);
    const clients = clientFaults(mesh, credential, home, secrets);
    for (const { resource } of secrets) {
      const own = faultOfSecret(resource, mesh.settings.now, isAll);
      const fault = own ?? clients?.get(resource);
      if (fault === undefined || found.has(placeKey(fault.place))) continue;
      found.set(placeKey(fault.place), { resource, cluster: home.member.name, fault, isOfClients: own === undefined });
    }
  }
  return [...found.values()];
};

const FIX =
  'Put the CA of the clients under ca.crt of the Secret, or under cacert of a Secret of that name with -cacert.';

/** Secrets of a server that checks clients, where neither they nor the Secret with `-cacert` say with which CA. */
const clientFaults = (
  mesh: Mesh,
  { of, server, name }: Credential,
  home: ReturnType<typeof homesOf>[number],
  secrets: readonly SecretSource[],
): ReadonlyMap<Resource, CredentialFault> | undefined => {
  if (server.mode !== 'MUTUAL' && server.mode !== 'OPTIONAL_MUTUAL') return undefined;
  const tls = get(serverValue(server), 'tls');
  if (get(tls, 'caCertCredentialName') !== undefined || get(tls, 'caCertificates') !== undefined) return undefined;
  for (const member of new Set([home.member, of.realm.config])) {
    if (hidesKind(member.cluster, ['Secret'])) return undefined;
    const others = secretSources(mesh, member).get(`${name}-cacert`) ?? [];
    if (others.some((source) => source.namespace === undefined || liesIn(source, home.namespace))) return undefined;
  }
  const faults = new Map<Resource, CredentialFault>();
  for (const { resource } of secrets) {
    const fault = faultOfClientCa(resource);
    // One that says it is enough.
    if (fault === undefined) return undefined;
    faults.set(resource, fault);
  }
  return faults;
};

import { below, describe, filled, get } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { contains } from '../../src/rule/gateway/clashes.ts';
import type { SelectedGateway } from '../../src/rule/gateway/selected.ts';
import { bindOf, selectedGateways, serverValue } from '../../src/rule/gateway/selected.ts';
import type { GatewayServer } from '../../src/rule/gateways.ts';
import { scopesGateways } from '../../src/rule/gateways.ts';
import { oncePerMesh } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'gateway/certificate-shared',
  severity: 'warning',
  istio: 'all',
  summary: 'Gateways on the same pods do not serve different hosts with one certificate.',
  why: 'A browser that holds an HTTP/2 connection for one host uses it for every other host of the certificate. On that connection the gateway knows the routes of the first Gateway only, and answers 404.',
  fix: 'Serve all hosts of the certificate in one Gateway (a server with all hosts, or with the wildcard), and bind the VirtualServices to it.',
  reads: ['Gateway'],
  aliases: ['IST0138'],
  messages: {
    shared:
      '{cluster}: {gateway} and {other} serve {hosts} and {otherHosts} with one certificate ({certificate}) on port {port}',
  },
  check(mesh, report) {
    for (const [, group] of sharedCertificates(mesh))
      for (const { of, server, certificate } of group) {
        const other = group.find((held) => held.of !== of && isBeside(of, held.of) && differ(server, held.server));
        if (other === undefined) continue;
        const cluster = server.member.name;
        report(
          'shared',
          {
            at: below(server.place, 'tls'),
            cluster,
            resource: of.gateway,
            also: [{ place: below(other.server.place, 'tls'), cluster, message: describe(other.of.gateway) }],
          },
          {
            cluster,
            gateway: describe(of.gateway),
            other: describe(other.of.gateway),
            hosts: server.hosts.join(', '),
            otherHosts: other.server.hosts.join(', '),
            certificate,
            port: server.port ?? '',
          },
        );
      }
  },
});

interface Holder {
  readonly of: SelectedGateway;
  readonly server: GatewayServer;
  readonly certificate: string;
}

/** Servers that end TLS, by config cluster, port, address and certificate. */
const sharedCertificates = oncePerMesh((mesh): ReadonlyMap<string, readonly Holder[]> => {
  const found = new Map<string, Holder[]>();
  for (const of of selectedGateways(mesh))
    for (const server of of.servers) {
      const certificate = certificateOf(server);
      if (certificate === undefined) continue;
      const key = [of.realm.config.name, server.port ?? '', bindOf(server), certificate].join('\0');
      found.set(key, [...(found.get(key) ?? []), { of, server, certificate }]);
    }
  return found;
});

/** The name of the Secret, or the files of certificate and key. */
const certificateOf = (server: GatewayServer): string | undefined => {
  const tls = get(serverValue(server), 'tls');
  if (!['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL'].includes(server.mode)) return undefined;
  const [name, file, key] = ['credentialName', 'serverCertificate', 'privateKey'].map((field) =>
    filled(get(tls, field)),
  );
  if (name !== undefined) return name;
  return file === undefined || key === undefined ? undefined : `${file} with ${key}`;
};

/** All pods of the other one open this one, too. */
const isBeside = (of: SelectedGateway, other: SelectedGateway): boolean =>
  contains(other.selector, of.selector) &&
  (!scopesGateways(of.realm.config) || of.gateway.namespace === other.gateway.namespace);

/** Equal hosts are another fault, of which gateway/server-unique speaks. */
const differ = (a: GatewayServer, b: GatewayServer): boolean => !a.hosts.some((host) => b.hosts.includes(host));

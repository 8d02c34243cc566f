import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { envSightings, meshConfigSightings } from '../../src/facts/sources.ts';
import type { Place, Resource } from '../../src/model/index.ts';
import { describe, filled, flag, get, list, placeIn, texts, valueOf } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isWildcard } from '../../src/rule/hosts.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'traffic/entry-address-for-tcp',
  severity: 'warning',
  istio: 'all',
  summary: 'A ServiceEntry with a TCP port (or one without protocol) has an address.',
  why: 'TCP calls carry no host name. Without an address sidecars take every call of the port, to wherever it goes, for a call of this host.',
  fix: 'Set addresses, name the protocol (HTTP, HTTPS, TLS …) if it is one with host names, or switch DNS capture with automatic addresses on.',
  reads: ['ServiceEntry', 'dnsCapture', 'ISTIO_META_DNS_AUTO_ALLOCATE', 'PILOT_ENABLE_IP_AUTOALLOCATE'],
  aliases: ['IST0134', 'IST0133'],
  messages: {
    captures:
      '{entry} in {cluster} has no address, and {ports}: sidecars take all calls of that port number for {host}',
  },
  check(mesh, report) {
    for (const { config } of realmsOf(mesh)) {
      const entries = config.resources.ofKind('ServiceEntry', 'networking.istio.io');
      if (entries.length === 0) continue;
      const allocates = allocatesAddresses(mesh, config);
      for (const { resource, ambiguous } of statementsOf(entries)) {
        const ports = plainPorts(resource);
        const [first] = ports;
        if (ambiguous || first === undefined || hasAddress(resource)) continue;
        if (allocates === 'yes' && isAllocatable(resource)) continue;
        report(
          'captures',
          {
            at: first.place,
            cluster: config.name,
            resource,
            severity: allocates === 'unknown' ? 'info' : 'warning',
          },
          {
            entry: describe(resource),
            cluster: config.name,
            ports: inWords(ports.map(({ words }) => words)),
            host: texts(get(resource.value, 'spec', 'hosts')).join(', '),
          },
        );
      }
    }
  },
});

const TCP = new Set(['', 'TCP', 'MONGO', 'MYSQL', 'REDIS']);

const plainPorts = (entry: Resource): readonly { readonly place: Place; readonly words: string }[] =>
  list(get(entry.value, 'spec', 'ports')).flatMap((port, index) => {
    const protocol = (filled(get(port, 'protocol')) ?? '').toUpperCase();
    if (!TCP.has(protocol)) return [];
    const place = placeIn(entry, 'spec', 'ports', index, ...(protocol === '' ? [] : ['protocol']));
    const number = filled(get(port, 'number')) ?? '';
    return [{ place, words: protocol === '' ? `port ${number} has no protocol` : `port ${number} is ${protocol}` }];
  });

/** Its own addresses, or those that istiod wrote into its status (1.25+). */
const hasAddress = (entry: Resource): boolean =>
  texts(get(entry.value, 'spec', 'addresses')).length > 0 || list(get(entry.value, 'status', 'addresses')).length > 0;

/** Nothing gives an address to a wildcard, nor to calls that go where the client says. */
const isAllocatable = (entry: Resource): boolean =>
  (filled(get(entry.value, 'spec', 'resolution')) ?? 'NONE') !== 'NONE' &&
  texts(get(entry.value, 'spec', 'hosts')).every((host) => !isWildcard(host));

/** Whether sidecars get an address of their own for each host: from their DNS proxy if asked (1.8+), or from istiod (1.25+). */
const allocatesAddresses = (mesh: Mesh, config: Member): 'yes' | 'no' | 'unknown' => {
  const capture = config.dnsCapture.mesh;
  const captures = valueOf(capture) === true;
  const key = ['defaultConfig', 'proxyMetadata', 'ISTIO_META_DNS_AUTO_ALLOCATE'];
  const asked = meshConfigSightings(config.cluster, key).some((sighting) => flag(sighting.value) === true);
  const said = envSightings(config.cluster, 'istiod', 'PILOT_ENABLE_IP_AUTOALLOCATE')
    .map((sighting) => flag(sighting.value))
    .find((value) => value !== undefined);
  const { minors } = mesh.versionOf(config);
  if (captures && (asked || (said ?? minors.low >= 25))) return 'yes';
  if (config.cluster.values.some((source) => source.chart === 'ztunnel')) return 'unknown';
  return capture.state === 'unknown' ? 'unknown' : 'no';
};

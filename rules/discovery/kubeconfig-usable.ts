import type { Mesh } from '../../src/facts/mesh.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { KubeconfigFault } from '../../src/rule/discovery/kubeconfigs.ts';
import { kubeconfigFaults } from '../../src/rule/discovery/kubeconfigs.ts';
import type { HeldSecret } from '../../src/rule/discovery/targets.ts';
import { heldSecrets, isLoopback } from '../../src/rule/discovery/targets.ts';
import { hostOf } from '../../src/facts/role.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'discovery/kubeconfig-usable',
  severity: 'error',
  istio: 'all',
  summary:
    'The kubeconfig of a remote secret leads istiod to the API server of that cluster, and its token is in date.',
  why: 'istiod calls the API server from its own pod. An address that means the pod itself, that of another cluster, or a token that has run out gives no endpoints, and since 1.10 istiod starts without them.',
  fix: 'Create the secret anew with istioctl create-remote-secret --server https://ADDRESS, an address that pods of the reading cluster can reach.',
  reads: ['remoteSecrets'],
  options: {
    reachable: {
      schema: { type: 'array', items: { type: 'string' } },
      description:
        'Hosts of API servers that istiod reaches in spite of their names (a tunnel, a proxy beside istiod).',
    },
  },
  messages: {
    loopback: "{cluster}'s remote secret for {target} points at {server}: {host} is istiod's own pod{peer}",
    local:
      "{cluster}'s remote secret for {target} points at {server}: inside {cluster} that is the API server of {cluster} itself{peer}",
    service:
      "{cluster}'s remote secret for {target} points at {server}, a Service name that only {cluster} itself resolves{peer}",
    plain: "{cluster}'s remote secret for {target} points at {server}, which is not https{peer}",
    unverified: "{cluster}'s remote secret for {target} does not verify the API server (insecure-skip-tls-verify)",
    foreign: "{cluster}'s remote secret for {target} points at {server}, the API server of {owner}",
    server: "{cluster}'s remote secret for {target} points at {server}, as {holder}'s for {other} does",
    expired: "the token in {cluster}'s remote secret for {target} expired on {date}",
    expiring: "the token in {cluster}'s remote secret for {target} expires on {date}, in {days} days",
    token:
      "{cluster}'s remote secret for {target} has the same token as {holder}'s for {other}: one of them is refused",
  },
  check(mesh, report) {
    const reachable = reachableHosts(mesh);
    for (const fault of kubeconfigFaults(mesh)) {
      const { entry, what, severity, at, other } = fault;
      const { server } = entry.secret;
      const host = hostOf(server ?? '');
      if (['loopback', 'local', 'service'].includes(what) && reachable.has(host)) continue;
      const where = {
        at,
        cluster: entry.holder.name,
        resource: entry.secret.resource,
        severity,
        also:
          other === undefined
            ? []
            : [{ place: other.at, cluster: other.entry.holder.name, message: sayingOf(other.entry) }],
        ...fixFor(what),
      };
      const slots = {
        cluster: entry.holder.name,
        target: nameOf(entry),
        server: server ?? '',
        host,
        peer: peerOf(mesh, entry),
        owner: fault.owner?.name ?? '',
        holder: other?.entry.holder.name ?? '',
        other: other === undefined ? '' : nameOf(other.entry),
        date: fault.expires === undefined ? '' : new Date(fault.expires).toISOString().slice(0, 10),
        days: fault.expires === undefined ? 0 : Math.floor((fault.expires - mesh.settings.now.getTime()) / 86_400_000),
      };
      report(what, where, slots);
    }
  },
});

const reachableHosts = (mesh: Mesh): ReadonlySet<string> => {
  const written = mesh.settings.options['discovery/kubeconfig-usable']?.['reachable'];
  return new Set(Array.isArray(written) ? written.filter((host) => typeof host === 'string') : []);
};

const nameOf = ({ target, holder, secret }: HeldSecret): string =>
  (target === holder ? undefined : target?.name) ?? secret.key ?? secret.hint ?? secret.resource.name;

const sayingOf = (entry: HeldSecret): string => `remote secret for ${nameOf(entry)}`;

const fixFor = (what: KubeconfigFault['what']): { fix?: string } => {
  if (what === 'unverified')
    return { fix: 'Write certificate-authority-data of that cluster in place of insecure-skip-tls-verify.' };
  if (what === 'expired' || what === 'expiring' || what === 'token')
    return { fix: 'Create the secret anew with istioctl create-remote-secret, against the cluster that it is for.' };
  return {};
};

/** An address that another remote secret gives, to compare: `, north's for west at https://10.2.0.5:6443`. */
const peerOf = (mesh: Mesh, entry: HeldSecret): string => {
  const good = mesh.members
    .flatMap((member) => heldSecrets(mesh, member))
    .filter(({ secret }) => secret !== entry.secret && isSound(secret.server))
    .toSorted((a, b) => Number(b.target === entry.target) - Number(a.target === entry.target))[0];
  return good === undefined
    ? ''
    : `; ${good.holder.name}'s for ${inWords([nameOf(good)])} at ${good.secret.server ?? ''}`;
};

const isSound = (server: string | undefined): boolean =>
  server !== undefined &&
  server.startsWith('https://') &&
  !isLoopback(hostOf(server)) &&
  !/\.svc(\.|$)/.test(hostOf(server));

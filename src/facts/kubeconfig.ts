import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { CORE_SCHEMA, load } from 'js-yaml';
import type { Path } from '../model/index.ts';
import { filled, flag, get, integer, isTemplate, list, record, text } from '../model/index.ts';

/** How a kubeconfig proves who it is; `none` where no user has any means. */
export type KubeconfigAuth =
  | 'token'
  | 'token-file'
  | 'client-certificate'
  | 'basic'
  | 'exec'
  | 'auth-provider'
  | 'none';

/** A field of a user that makes istiod run a program or read a file (restricted from Istio 1.13). */
export interface RiskyField {
  /** As PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS names it: `exec`, `clientKey`, the name of an auth provider. */
  readonly option: string;
  readonly kind: 'exec' | 'auth-provider' | 'file';
  /** Program of `exec`; undefined for the others. Its arguments are not kept. */
  readonly command: string | undefined;
  readonly path: Path;
}

/** What a bearer token tells of itself where it is a JWT. */
export interface TokenClaims {
  readonly path: Path;
  /** Equal for equal tokens; tells nothing of them. */
  readonly digest: string;
  /** Milliseconds since 1970, from claim `exp`. */
  readonly expires: number | undefined;
  /** `namespace/name` of the ServiceAccount it was made for. */
  readonly serviceAccount: string | undefined;
}

/** What is kept of a kubeconfig: no token, no key, no certificate. */
export interface Kubeconfig {
  /** API server of its current context, without credentials. Undefined for a template. */
  readonly server: string | undefined;
  readonly serverPath: Path;
  readonly auth: readonly KubeconfigAuth[];
  /** What it calls the cluster of its current context. */
  readonly calls: string | undefined;
  /** With another proxy or TLS name the same server leads elsewhere. */
  readonly route: string;
  /** `insecure-skip-tls-verify: true` and where. */
  readonly unverified: Path | undefined;
  readonly risky: readonly RiskyField[];
  /** Undefined where the current user has none, or one that is no JWT. */
  readonly token: TokenClaims | undefined;
  /** Equal for equal kubeconfigs; tells nothing of their content. */
  readonly digest: string;
}

/** Reads a kubeconfig in YAML or JSON; undefined for any other text. */
export const kubeconfigOf = (content: string): Kubeconfig | undefined => {
  if (!/^\s*["']?clusters["']?\s*:|"clusters"\s*:/m.test(content)) return undefined;
  const parsed = parsedOrUndefined(content);
  const clusters = list(get(parsed, 'clusters'));
  if (clusters.length === 0) return undefined;
  const users = list(get(parsed, 'users'));
  const context = get(
    named(list(get(parsed, 'contexts')), filled(get(parsed, 'current-context'))) ?? get(parsed, 'contexts', 0),
    'context',
  );
  const at = positionOf(clusters, filled(get(context, 'cluster')));
  const cluster = get(clusters[at], 'cluster');
  const server = filled(get(cluster, 'server'));
  const userAt = positionOf(users, filled(get(context, 'user')));
  return {
    // Credentials may stand in the URL itself.
    server: server === undefined || isTemplate(server) ? undefined : server.replace(/\/\/[^/@]*@/, '//'),
    serverPath: ['clusters', at, 'cluster', 'server'],
    auth: [...new Set(users.flatMap((entry) => authOf(record(get(entry, 'user')))))],
    calls: concreteText(get(clusters[at], 'name')),
    route: `${filled(get(cluster, 'proxy-url')) ?? ''} ${filled(get(cluster, 'tls-server-name')) ?? ''}`,
    unverified:
      flag(get(cluster, 'insecure-skip-tls-verify')) === true
        ? ['clusters', at, 'cluster', 'insecure-skip-tls-verify']
        : undefined,
    risky: users.flatMap((entry, index) => riskyFields(record(get(entry, 'user')), ['users', index, 'user'])),
    token: claimsOf(filled(get(users[userAt], 'user', 'token')), ['users', userAt, 'user', 'token']),
    digest: digestOf(content.trim()),
  };
};

const parsedOrUndefined = (content: string): unknown => {
  try {
    return load(content, { schema: CORE_SCHEMA });
  } catch {
    return undefined;
  }
};

const concreteText = (value: unknown): string | undefined => {
  const found = filled(value);
  return found === undefined || isTemplate(found) ? undefined : found;
};

const named = (entries: readonly unknown[], name: string | undefined): unknown =>
  entries.find((entry) => name !== undefined && get(entry, 'name') === name);

/** Index of the entry of that name; of the first where none has it. */
const positionOf = (entries: readonly unknown[], name: string | undefined): number =>
  Math.max(
    0,
    entries.findIndex((entry) => name !== undefined && get(entry, 'name') === name),
  );

type User = Readonly<Record<string, unknown>>;

const authOf = (user: User): readonly KubeconfigAuth[] => {
  const found: KubeconfigAuth[] = [];
  if (user['token'] !== undefined) found.push('token');
  if (user['tokenFile'] !== undefined) found.push('token-file');
  if (user['client-certificate-data'] !== undefined || user['client-certificate'] !== undefined)
    found.push('client-certificate');
  if (user['username'] !== undefined) found.push('basic');
  if (user['exec'] !== undefined) found.push('exec');
  if (user['auth-provider'] !== undefined) found.push('auth-provider');
  return found.length === 0 ? ['none'] : found;
};

/** Fields that name files, and the option that allows each. */
const FILES = { 'client-key': 'clientKey', 'client-certificate': 'clientCertificate', tokenFile: 'tokenFile' } as const;

const riskyFields = (user: User, at: Path): readonly RiskyField[] => {
  const found: RiskyField[] = [];
  if (user['exec'] !== undefined && user['exec'] !== null)
    found.push({
      option: 'exec',
      kind: 'exec',
      command: concreteText(get(user, 'exec', 'command')),
      path: [...at, 'exec'],
    });
  const provider = concreteText(get(user, 'auth-provider', 'name'));
  if (provider !== undefined)
    found.push({ option: provider, kind: 'auth-provider', command: undefined, path: [...at, 'auth-provider'] });
  for (const [field, option] of Object.entries(FILES))
    if (filled(user[field]) !== undefined)
      found.push({ option, kind: 'file', command: undefined, path: [...at, field] });
  return found;
};

/** Claims of a JWT. Its signature is not looked at: nobody here knows the key. */
const claimsOf = (token: string | undefined, path: Path): TokenClaims | undefined => {
  const parts = token?.split('.') ?? [];
  if (token === undefined || parts.length !== 3) return undefined;
  const claims = payloadOf(parts[1] ?? '');
  if (claims === undefined) return undefined;
  const expires = integer(get(claims, 'exp'));
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(text(get(claims, 'sub')) ?? '') ?? [];
  return {
    path,
    digest: digestOf(token),
    expires: expires === undefined ? undefined : expires * 1000,
    serviceAccount: name === undefined ? undefined : `${namespace}/${name}`,
  };
};

const payloadOf = (part: string): unknown => {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
};

const digestOf = (content: string): string => createHash('sha256').update(content).digest('hex').slice(0, 16);

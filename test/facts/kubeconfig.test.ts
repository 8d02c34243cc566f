import { describe, expect, test } from 'vitest';
import { kubeconfigOf } from '../../src/facts/kubeconfig.ts';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: unknown): string => `${part({ alg: 'none' })}.${part(claims)}.not-a-signature`;
const kubeconfig = (users: string, cluster = 'server: https://user:SESAME@api.example.com:6443'): string => `
clusters:
  - { name: old, cluster: { server: https://old.example.com } }
  - name: new
    cluster: { ${cluster} }
contexts:
  - { name: a, context: { cluster: old, user: one } }
  - { name: b, context: { cluster: new, user: two } }
current-context: b
users:
${users}`;

describe('kubeconfigOf', () => {
  test('the current context counts, and no secret is kept', () => {
    const found = kubeconfigOf(
      kubeconfig(`  - { name: one, user: { token: SESAME-ONE } }
  - { name: two, user: { token: ${jwt({ exp: 1767225600, sub: 'system:serviceaccount:mesh:reader', jti: 'SESAME' })}, client-key-data: SESAME } }`),
    );
    expect(found).toMatchObject({
      server: 'https://api.example.com:6443',
      serverPath: ['clusters', 1, 'cluster', 'server'],
      calls: 'new',
      auth: ['token'],
      risky: [],
      token: { expires: Date.UTC(2026, 0, 1), serviceAccount: 'mesh/reader', path: ['users', 1, 'user', 'token'] },
    });
    expect(JSON.stringify(found)).not.toContain('SESAME');
  });

  test('fields that need leave', () => {
    const found = kubeconfigOf(
      kubeconfig(`  - { name: one, user: { exec: { command: /usr/bin/aws, args: [SESAME] } } }
  - { name: two, user: { auth-provider: { name: azure }, tokenFile: /t, client-key: /k, client-certificate: /c } }`),
    );
    expect(found?.risky.map(({ option, kind }) => [option, kind])).toEqual([
      ['exec', 'exec'],
      ['azure', 'auth-provider'],
      ['clientKey', 'file'],
      ['clientCertificate', 'file'],
      ['tokenFile', 'file'],
    ]);
    expect(JSON.stringify(found)).not.toContain('SESAME');
  });

  test.each(['opaque', 'a.b.c', `${part(1)}.${part('x')}.z`, '${TOKEN}'])('token %s is no JWT', (token) =>
    expect(kubeconfigOf(kubeconfig(`  - { name: two, user: { token: "${token}" } }`))?.token).toBeUndefined(),
  );

  test('equal tokens have equal digests', () => {
    const of = (claims: unknown) =>
      kubeconfigOf(kubeconfig(`  - { name: two, user: { token: ${jwt(claims)} } }`))?.token?.digest;
    expect(of({ a: 1 })).toBe(of({ a: 1 }));
    expect(of({ a: 1 })).not.toBe(of({ a: 2 }));
  });

  test('unverified', () => {
    expect(kubeconfigOf(kubeconfig('  []', 'insecure-skip-tls-verify: true'))).toMatchObject({
      server: undefined,
      unverified: ['clusters', 1, 'cluster', 'insecure-skip-tls-verify'],
    });
  });

  test.each(['', 'hello', 'clusters: [', 'clusters: {}', '- clusters: 1'])('%j is none', (text) =>
    expect(kubeconfigOf(text)).toBeUndefined(),
  );
});

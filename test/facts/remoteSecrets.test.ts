import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { readKubeconfig } from '../../src/facts/remoteSecrets.ts';
import { membersOf } from '../support/fleet.ts';

const kubeconfig = (server: string, user = 'token: SEVEN-SEALS'): string =>
  `apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n    server: ${server}\nusers:\n- name: u\n  user:\n    ${user}\n`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const secrets = (...files: string[]) => membersOf({ 'east/all.yaml': files.join('\n---\n') })['east']!.remoteSecrets;
const indented = (text: string): string => text.replaceAll('\n', '\n    ');

describe('remoteSecrets', () => {
  test('each key is a peer; the token is not kept', () => {
    const found = secrets(
      `apiVersion: v1\nkind: Secret\nmetadata: { name: peers, labels: { istio/multiCluster: "true" } }\ndata:\n  west: ${base64(kubeconfig('https://192.0.2.1:6443'))}\nstringData:\n  north: |\n    ${indented(kubeconfig('https://192.0.2.2:6443', 'exec: { command: aws }'))}`,
    );
    expect(found.map(({ key, server, auth, evidence }) => [key, server, auth, evidence])).toEqual([
      ['west', 'https://192.0.2.1:6443', ['token'], 'label'],
      ['north', 'https://192.0.2.2:6443', ['exec'], 'label'],
    ]);
    expect(JSON.stringify(found.map((secret) => ({ ...secret, resource: undefined })))).not.toContain('SEVEN-SEALS');
  });

  test('by name, by content, or not at all', () => {
    const secret = (name: string, data: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\ndata: { ${data} }`;
    expect(secrets(secret('istio-remote-secret-west', 'west: "ENC[AES256_GCM]"'))).toMatchObject([
      { key: 'west', hint: 'west', opaque: true, evidence: 'name' },
    ]);
    expect(secrets(secret('other', `west: ${base64(kubeconfig('https://192.0.2.1'))}`))).toMatchObject([
      { key: 'west', evidence: 'kubeconfig' },
    ]);
    expect(secrets(secret('db', `password: ${base64('secret')}`))).toEqual([]);
  });

  test('opaque forms tell their keys', () => {
    const sealed =
      'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: peer }\nspec: { encryptedData: { west: AgB }, template: { metadata: { labels: { istio/multiCluster: "true" } } } }';
    const external =
      'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: { name: x }\nspec: { target: { name: istio-remote-secret-north }, data: [{ secretKey: north }] }';
    expect(secrets(sealed, external)).toMatchObject([
      { key: 'west', opaque: true, evidence: 'label' },
      { key: 'north', opaque: true, evidence: 'name', hint: 'north' },
    ]);
  });

  test('the annotation is a hint', () => {
    expect(
      secrets(
        'apiVersion: v1\nkind: Secret\nmetadata: { name: a, labels: { istio/multiCluster: "true" }, annotations: { networking.istio.io/cluster: west } }\ndata: {}',
      ),
    ).toMatchObject([{ key: undefined, hint: 'west', opaque: true }]);
  });
});

describe('readKubeconfig', () => {
  test.each([
    ['plain text', 'hello'],
    ['broken YAML', 'clusters: [\n'],
    ['another document', 'clusters: []'],
    ['a list', '- clusters: x'],
  ])('%s is none', (_, text) => expect(readKubeconfig(text)).toBeUndefined());
  test('JSON', () =>
    expect(readKubeconfig('{"clusters":[{"cluster":{"server":"https://a"}}],"users":[{"user":{}}]}')).toEqual({
      server: 'https://a',
      auth: ['none'],
    }));
  test('a template is no server', () => expect(readKubeconfig(kubeconfig('${SERVER}'))?.server).toBeUndefined());
});

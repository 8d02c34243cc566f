import { describe, expect, test } from 'vitest';
import type { RevisionsFact } from '../../src/facts/revisions.ts';
import { membersOf } from '../support/fleet.ts';

const revisions = (...documents: string[]): RevisionsFact =>
  membersOf({ 'east/all.yaml': documents.join('\n---\n') })['east']!.revisions;
const shown = (fact: RevisionsFact): string => fact.all.map(({ value, kind }) => `${kind} ${value}`).join(', ');

const operator = (spec: string, name = 'mesh'): string =>
  `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: { name: ${name} }\nspec: ${spec}`;
const sail = (spec: string): string =>
  `apiVersion: sailoperator.io/v1\nkind: Istio\nmetadata: { name: prod }\nspec: ${spec}`;
const deployment = (name: string, labels = '{ app: istiod }'): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name}, namespace: istio-system, labels: ${labels} }\nspec: { template: { spec: { containers: [{ name: discovery }] } } }`;
const webhook = (name: string, labels: string, selector = '{}'): string =>
  `apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: { name: ${name}, labels: ${labels} }\nwebhooks: [{ name: a, namespaceSelector: ${selector} }]`;
const application = (values: string): string =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: istiod, namespace: argocd }\nspec: { destination: { namespace: istio-system }, source: { repoURL: https://charts.example, chart: istiod, targetRevision: 1.24.2, helm: { valuesObject: ${values} } } }`;
const gateways = operator('{ components: { ingressGateways: [{ name: gw, enabled: true }] } }', 'gateways');

describe('revisions', () => {
  test.each([
    ['an operator', 'plane default', [operator('{ tag: 1.24.2 }')]],
    ['an operator with a revision', 'plane 1-24', [operator('{ revision: 1-24 }')]],
    ['the webhooks of a remote cluster', 'plane 1-24', [operator('{ profile: remote, revision: 1-24 }')]],
    ['gateways of their own', 'plane 1-24', [operator('{ revision: 1-24 }'), gateways]],
    ['profile empty', '', [operator('{ profile: empty, revision: "" }')]],
    [
      'profile empty with pilot',
      'plane ext',
      [operator('{ profile: empty, revision: ext, components: { pilot: { enabled: true } } }')],
    ],
    ['tags of an operator', 'plane 1-24, tag prod', [operator('{ revision: 1-24, values: { revisionTags: [prod] } }')]],
    ['chart istiod', 'plane default', [application('{ global: { meshID: m } }')]],
    ['chart istiod with tags', 'plane 1-24, tag prod', [application('{ revision: 1-24, revisionTags: [prod] }')]],
    ['Sail', 'plane prod', [sail('{ version: v1.24.2, values: { global: { meshID: m } } }')]],
    [
      'Sail with a revision for each version',
      'plane prod-v1-24-2',
      [sail('{ version: v1.24.2, updateStrategy: { type: RevisionBased }, values: { global: { meshID: m } } }')],
    ],
    ['istiod', 'plane default', [deployment('istiod')]],
    ['istiod by its name', 'plane canary', [deployment('istiod-canary')]],
    ['istiod by its label', 'plane 1-24', [deployment('istiod', '{ app: istiod, istio.io/rev: 1-24 }')]],
    ['pilot', '', [deployment('istio-pilot', '{ istio: pilot }')]],
    ['a webhook', 'webhook 1-24', [webhook('istio-sidecar-injector-1-24', '{ istio.io/rev: 1-24 }')]],
    [
      'a webhook by its selector',
      'webhook blue, webhook default',
      [
        webhook(
          'istio-sidecar-injector',
          '{}',
          '{ matchExpressions: [{ key: istio.io/rev, operator: In, values: [blue] }] }',
        ),
      ],
    ],
    ['a tag', 'tag prod', [webhook('istio-revision-tag-prod', '{ istio.io/rev: 1-24, istio.io/tag: prod }')]],
    ['a tag by its name', 'tag prod', [webhook('istio-revision-tag-prod', '{}')]],
    ['a webhook of another product', '', [webhook('policy', '{ app: policy }')]],
  ])('%s: %s', (_, expected, documents) => expect(shown(revisions(...documents))).toBe(expected));

  test('a tag knows its revision', () => {
    const { all } = revisions(webhook('istio-revision-tag-prod', '{ istio.io/rev: 1-24, istio.io/tag: prod }'));
    expect(all[0]?.of).toBe('1-24');
  });

  test.each([
    ['nothing', 'no file installs a control plane or its webhooks', [webhook('istio-sidecar-injector', '{}')]],
    [
      'a template',
      'IstioOperator spec.revision is the template ${REVISION}',
      [operator('{ revision: "${REVISION}" }')],
    ],
    ['all', undefined, [operator('{ revision: 1-24 }')]],
  ])('there may be others: %s', (_, expected, documents) => expect(revisions(...documents).open).toBe(expected));
});

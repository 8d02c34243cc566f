import { describe, expect, test } from 'vitest';
import { runRules } from '../../src/engine/run.ts';
import { defineRule } from '../../src/rule/define.ts';
import { fleetOf } from '../support/fleet.ts';
import { meshOf, operator } from '../support/models.ts';

const tree = {
  'east/istio.yaml': operator('{ tag: 1.5.10, values: { global: { meshID: shop } } }'),
  'north/istio.yaml': operator('{ values: { global: { meshID: shop } } }'),
  'west/istio.yaml': operator('{ tag: 1.9.2, values: { global: { meshID: shop } } }'),
};

/** Reports once for each cluster, and once for none. */
const everywhere = (istio: string) =>
  defineRule({
    id: 'config/everywhere',
    severity: 'error',
    istio,
    summary: '',
    why: '',
    fix: '',
    reads: [],
    messages: { here: 'here is {name}' },
    check(mesh, report) {
      for (const { name, cluster } of mesh.members)
        report('here', { at: cluster.resources.all[0]!.place, cluster: name }, { name });
      report('here', { at: mesh.members[0]!.cluster.resources.all[0]!.place }, { name: 'nobody' });
    },
  });

const spoken = (istio: string): readonly string[] =>
  runRules([everywhere(istio)], fleetOf(tree), [meshOf(tree)]).map(({ message }) => message.slice('here is '.length));

describe('a rule speaks of the clusters that may run its versions', () => {
  test.each([
    // Nothing tells the version of north: it may be any that its peers have.
    ['1.9+', ['nobody', 'north', 'west']],
    ['1.1-1.5', ['east', 'nobody', 'north']],
    ['1.6-1.8', ['nobody', 'north']],
    ['1.28+', ['nobody']],
    ['all', ['east', 'nobody', 'north', 'west']],
    ['1.9+, sidecars 1.5+', ['east', 'nobody', 'north', 'west']],
    ['1.1-1.3, later without auto mTLS', ['east', 'nobody', 'north', 'west']],
  ])('%s', (istio, names) => {
    expect(spoken(istio).toSorted()).toEqual(names);
  });
});

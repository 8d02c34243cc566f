import { describe, expect, test } from 'vitest';
import { deviations } from '../../src/rule/peers.ts';

const keyOf = (item: string): string => item.slice(-1);

describe('deviations', () => {
  test.each([
    { name: 'nothing', items: [], found: [] },
    { name: 'all equal', items: ['east1', 'west1'], found: [] },
    {
      name: 'a tie: the first is held against the first that differs',
      items: ['east1', 'west2'],
      found: [['east1', 'west2']],
    },
    { name: 'one against two', items: ['east1', 'north2', 'west1'], found: [['north2', 'east1,west1']] },
    {
      name: 'two against three',
      items: ['a1', 'b2', 'c1', 'd3', 'e1'],
      found: [
        ['b2', 'a1,c1,e1'],
        ['d3', 'a1,c1,e1'],
      ],
    },
    { name: 'two pairs', items: ['a1', 'b2', 'c1', 'd2'], found: [['a1', 'b2,d2']] },
    { name: 'all differ', items: ['a1', 'b2', 'c3'], found: [['a1', 'b2']] },
  ])('$name', ({ items, found }) => {
    expect(deviations(items, keyOf).map(({ odd, peers }) => [odd, peers.join(',')])).toEqual(found);
  });

  test('says whether there is a side that is right', () => {
    expect(deviations(['a1', 'b1', 'c2'], keyOf)[0]?.isOutvoted).toBe(true);
    expect(deviations(['a1', 'b2'], keyOf)[0]?.isOutvoted).toBe(false);
  });
});

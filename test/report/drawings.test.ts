import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MeshJson } from '../../src/report/topology.ts';
import { dot } from '../../src/report/topology/dot.ts';
import { graphOf } from '../../src/report/topology/graph.ts';
import { layoutOf } from '../../src/report/topology/layout.ts';
import { mermaid } from '../../src/report/topology/mermaid.ts';
import { svg } from '../../src/report/topology/svg.ts';

const cluster = (name: string, more: Partial<MeshJson['clusters'][number]> = {}): MeshJson['clusters'][number] => ({
  name,
  role: 'primary',
  roleText: 'primary',
  servedBy: [name],
  istioVersion: '1.28',
  istioVersionAssumed: false,
  gateways: [],
  ...more,
});

const mesh = (more: Partial<MeshJson>): MeshJson => ({
  name: 'mesh',
  because: '',
  model: 'multi-primary on several networks',
  clusters: [],
  networks: [],
  reads: [],
  missingReads: [],
  trust: [],
  trustUnknown: [],
  findings: [],
  ...more,
});

const read = (from: string, to: string, loaded = true): MeshJson['reads'][number] => ({
  from,
  to,
  loaded,
  file: 'f.yaml',
  line: 1,
});

const finding = (clusters: readonly string[], more: Partial<MeshJson['findings'][number]> = {}) => ({
  rule: 'network/pod-cidr-overlap',
  severity: 'error' as const,
  message: `pods of ${clusters.join(' and ')} overlap`,
  clusters,
  file: 'west/kubeadm.yaml',
  line: 6,
  ...more,
});

const gateway = { name: 'eastwest', network: 'net-1', ports: [15021, 15443], file: 'g.yaml', line: 3 };

const sample = mesh({
  clusters: [
    cluster('east', { gateways: [gateway] }),
    cluster('west', { role: 'remote', roleText: 'remote', servedBy: ['east'] }),
    cluster('north', { clusterId: 'n-1', istioVersionAssumed: true }),
  ],
  networks: [{ name: 'net-1', clusters: ['east', 'west'] }],
  reads: [read('east', 'west'), read('east', 'north'), read('north', 'east'), read('north', 'lost', false)],
  missingReads: [{ from: 'north', to: 'west' }],
  trust: [{ clusters: ['east', 'west'], roots: ['ab'.repeat(32)] }],
  trustUnknown: ['north'],
  findings: [
    finding(['west', 'east']),
    finding(['north'], { severity: 'warning', rule: 'trust/ca-usable', message: 'expires soon' }),
    finding(['east'], { severity: 'info' }),
  ],
});

describe('the graph', () => {
  const graph = graphOf(sample);

  test('has a line for each remote secret, one for two that answer each other, and dashes where one is missing', () =>
    expect(graph.edges.map(({ kind, from, to, both }) => `${kind} ${from} ${to}${both ? ' both' : ''}`)).toEqual([
      'serves east west',
      'reads east west',
      'reads east north both',
      'missing north west',
      'finding west east both',
    ]));

  test('puts findings between two clusters on the line, others on the card, and infos nowhere', () => {
    expect(graph.edges.at(-1)?.findings).toEqual([1]);
    const cards = graph.boxes.flatMap(({ cards }) => cards);
    expect(cards.map(({ name, findings }) => [name, findings])).toEqual([
      ['east', []],
      ['west', []],
      ['north', [2]],
    ]);
    expect(graph.findings).toHaveLength(2);
  });

  test('has a box for each network and one for clusters that name none', () =>
    expect(graph.boxes.map(({ name, cards }) => [name, cards.map((card) => card.name)])).toEqual([
      ['net-1', ['east', 'west']],
      [undefined, ['north']],
    ]));

  test('shows versions that are assumed, ids of their own and ports without that of health checks', () => {
    const [east, , north] = graph.boxes.flatMap(({ cards }) => cards);
    expect(north?.lines).toEqual(['primary, Istio 1.28?', 'id n-1']);
    expect(east?.gateways).toEqual(['eastwest: 15443']);
  });

  test('says in one sentence that many clusters read each other, and who does not', () => {
    const names = Array.from({ length: 20 }, (_, index) => `c${String(index).padStart(2, '0')}`);
    const reads = names.flatMap((from) => names.filter((to) => to !== from).map((to) => read(from, to)));
    const big = graphOf(
      mesh({
        clusters: names.map((name) => cluster(name)),
        reads: reads.filter(({ from, to }) => `${from} ${to}` !== 'c03 c11'),
        missingReads: [{ from: 'c03', to: 'c11' }],
      }),
    );
    expect(big.notes).toEqual(['remote secrets: all 20 clusters read each other, except c03 → c11']);
    expect(big.edges.map(({ kind }) => kind)).toEqual(['missing']);
  });

  test('tells of remote secrets of clusters that are not loaded', () =>
    expect(graph.notes).toEqual(['north also reads lost, which is not among the files']));
});

describe('the layout', () => {
  test('no card lies on another, and each lies in the box of its network', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 }), (sizes) => {
        const names = sizes.map((size, network) => Array.from({ length: size }, (_, index) => `${network}-${index}`));
        const layout = layoutOf(
          graphOf(
            mesh({
              clusters: names.flat().map((name) => cluster(name)),
              networks: names.map((clusters, network) => ({ name: `n${network}`, clusters })),
            }),
          ),
        );
        expect(layout.cards).toHaveLength(names.flat().length);
        for (const [index, a] of layout.cards.entries()) {
          const box = layout.boxes.find(({ name }) => name === `n${a.card.name.split('-')[0]}`)!;
          expect(a.x >= box.x && a.x + a.width <= box.x + box.width).toBe(true);
          expect(a.y >= box.y && a.y + a.height <= box.y + box.height).toBe(true);
          for (const b of layout.cards.slice(index + 1))
            expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(
              true,
            );
        }
      }),
    ));
});

const hostile = mesh({
  name: '"><script>alert(1)</script>',
  clusters: [cluster('a"]; click'), cluster("b\\'&<b>\u0007")],
  networks: [{ name: 'n{}|"', clusters: ['a"]; click'] }],
  reads: [read('a"]; click', "b\\'&<b>\u0007")],
  findings: [finding(['a"]; click'], { message: 'says ]]> {"x"} --> `y`\nand more' })],
});

/** Tags that are open at the end, or a text that says what is broken. */
const openTags = (xml: string): readonly string[] => {
  const open: string[] = [];
  for (const [tag, closing, name, rest] of xml.matchAll(
    /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<&]*(?:&[#\w]+;[^"<&]*)*")*)\s*\/?>/g,
  )) {
    if (closing === '/') {
      if (open.pop() !== name) return [`${tag} closes another`];
    } else if (!tag.endsWith('/>')) open.push(`${name}`);
    if (rest === undefined) return [`${tag} is no tag`];
  }
  return open;
};

describe('svg', () => {
  test.each([
    ['a mesh', sample],
    ['names that steer', hostile],
  ])('is well formed and needs nothing else: %s', (_name, one) => {
    const drawn = svg([graphOf(one)]);
    expect(openTags(drawn)).toEqual([]);
    // What is no tag and no entity is text without angle brackets.
    const text = drawn.replaceAll(/<\/?[a-zA-Z]+(?:\s+[\w:-]+="[^"]*")*\s*\/?>/g, '');
    expect(text).not.toMatch(/[<>]|&(?![#\w]+;)/);
    expect(drawn).not.toMatch(/<script|href|@import|url\((?!#)|http(?!:\/\/www\.w3\.org\/2000\/svg")/);
  });

  test('shows what the graph has', () => {
    const drawn = svg([graphOf(sample)]);
    for (const text of [
      '>network net-1<',
      '>no network named<',
      '>⇄ eastwest: 15443<',
      'north holds no remote secret of west',
      'the control plane of east serves west',
      'east and north hold remote secrets of each other',
      'root abababab: east, west',
      'pods of west and east overlap [network/pod-cidr-overlap]',
    ])
      expect(drawn).toContain(text);
    expect(drawn.match(/stroke-dasharray="6 4"/g)).toHaveLength(2);
  });
});

describe('mermaid', () => {
  test('a mesh', () =>
    expect(mermaid([graphOf(sample)])).toMatchInlineSnapshot(`
      "flowchart LR
        subgraph m1["mesh: multi-primary on several networks"]
          subgraph m1n1["network net-1"]
            c1["<b>east</b><br/>primary, Istio 1.28<br/>⇄ eastwest: 15443"]
            c2("<b>west</b><br/>remote, Istio 1.28<br/>served by east")
          end
          subgraph m1n2["no network named"]
            c3["<b>north</b><br/>primary, Istio 1.28#63;<br/>id n-1<br/>⚠ (2)"]
          end
        end
        legend1["root abababab: east, west<br/>root not told by the files: north<br/>north also reads lost, which is not among the files<br/>(1) error pods of west and east overlap (network/pod-cidr-overlap, west/kubeadm.yaml:6)<br/>(2) warning expires soon (trust/ca-usable, west/kubeadm.yaml:6)"]
        c1 ==>|serves| c2
        c1 -->|remote secret| c2
        c1 <-->|remote secrets| c3
        c3 -.->|no remote secret| c2
        c2 ---|"⚠ (1)"| c1
        style c1 fill:#dafbe1,stroke:#57606a,color:#1f2328,stroke-width:2px
        style c2 fill:#dafbe1,stroke:#57606a,color:#1f2328
        style c3 fill:#ffffff,stroke:#bf8700,color:#1f2328,stroke-width:2px
        style legend1 fill:none,stroke:none,text-align:left
        linkStyle 3 stroke:#cf222e
        linkStyle 4 stroke:#cf222e,stroke-width:2px
      "
    `));

  test('names do not steer it', () => {
    const drawn = mermaid([graphOf(hostile)]);
    expect(drawn).not.toMatch(/<script|\["[^"]*"[^\]]/);
    expect(drawn).not.toMatch(/[{}`]/);
  });
});

describe('dot', () => {
  test('a mesh', () =>
    expect(dot([graphOf(sample)])).toMatchInlineSnapshot(`
      "digraph "mesh-lint" {
        newrank=true; rankdir=LR; fontname="sans-serif";
        node [shape=box, fontname="sans-serif"]; edge [fontname="sans-serif", fontsize=10];
        subgraph "cluster_0" {
          label="mesh: multi-primary on several networks";
          subgraph "cluster_0_0" {
            label="network net-1"; style="rounded,dashed";
            "0/east" [label="east\\nprimary, Istio 1.28\\n⇄ eastwest: 15443", style="filled,bold", fillcolor="#dafbe1", color="#57606a"];
            "0/west" [label="west\\nremote, Istio 1.28\\nserved by east", style="filled,rounded", fillcolor="#dafbe1", color="#57606a"];
          }
          subgraph "cluster_0_1" {
            label="no network named"; style="rounded,dashed";
            "0/north" [label="north\\nprimary, Istio 1.28?\\nid n-1\\n⚠ (2)", style="filled,bold", fillcolor="#ffffff", color="#bf8700"];
          }
          "legend_0" [shape=plaintext, label="root abababab: east, west\\lroot not told by the files: north\\lnorth also reads lost, which is not among the files\\l(1) error pods of west and east overlap [network/pod-cidr-overlap] west/kubeadm.yaml:6\\l(2) warning expires soon [trust/ca-usable] west/kubeadm.yaml:6\\l"];
        }
        "0/east" -> "0/west" [label="serves", penwidth=3];
        "0/east" -> "0/west" [label="remote secret"];
        "0/east" -> "0/north" [label="remote secrets", dir=both];
        "0/north" -> "0/west" [label="no remote secret", style=dashed, color="#cf222e"];
        "0/west" -> "0/east" [label="⚠ (1)", dir=none, color="#cf222e", constraint=false];
      }
      "
    `));

  test('names do not steer it', () => {
    // Every quote that opens is closed in its line.
    for (const line of dot([graphOf(hostile)]).split('\n'))
      expect([line, line.replaceAll(/\\./g, '').split('"').length % 2]).toEqual([line, 1]);
  });
});

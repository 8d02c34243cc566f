import { printable } from '../paint.ts';
import type { Card, Edge, Graph } from './graph.ts';
import { worstOf } from './graph.ts';
import { SEVERITY_COLOURS, trustColour } from './colours.ts';

/** The meshes as a Mermaid flowchart, as GitHub, GitLab and many wikis draw it. */
export const mermaid = (graphs: readonly Graph[]): string => {
  const ids = new Map<string, string>();
  const lines = ['flowchart LR'];
  const styles: string[] = [];
  let links = 0;
  graphs.forEach((graph, mesh) => {
    const idOf = (name: string): string => {
      const key = `${mesh}\0${name}`;
      const held = ids.get(key) ?? `c${ids.size + 1}`;
      ids.set(key, held);
      return held;
    };
    lines.push(`  subgraph m${mesh + 1}[${quoted(graph.title)}]`);
    graph.boxes.forEach((box, index) => {
      lines.push(
        `    subgraph m${mesh + 1}n${index + 1}[${quoted(box.name === undefined ? 'no network named' : `network ${box.name}`)}]`,
      );
      for (const card of box.cards) {
        lines.push(`      ${idOf(card.name)}${shape(card, cardText(card))}`);
        styles.push(`  style ${idOf(card.name)} ${cardStyle(graph, card)}`);
      }
      lines.push('    end');
    });
    lines.push('  end');
    const legend = legendOf(graph);
    if (legend.length > 0) {
      lines.push(`  legend${mesh + 1}["${legend.map(escaped).join('<br/>')}"]`);
      styles.push(`  style legend${mesh + 1} fill:none,stroke:none,text-align:left`);
    }
    for (const edge of graph.edges) {
      lines.push(`  ${idOf(edge.from)} ${arrow(edge)} ${idOf(edge.to)}`);
      if (edge.kind === 'missing') styles.push(`  linkStyle ${links} stroke:${SEVERITY_COLOURS.error}`);
      if (edge.kind === 'finding')
        styles.push(`  linkStyle ${links} stroke:${SEVERITY_COLOURS[worstOf(graph, edge.findings)]},stroke-width:2px`);
      links += 1;
    }
  });
  return `${[...lines, ...styles].join('\n')}\n`;
};

/** Root certificates, and what the numbers on cards and lines mean. */
const legendOf = (graph: Graph): readonly string[] => [
  ...graph.trust.map(({ text }) => text),
  ...graph.notes,
  ...graph.findings.map(
    ({ number, severity, message, rule, place }) => `(${number}) ${severity} ${message} (${rule}, ${place})`,
  ),
];

const cardText = (card: Card): string =>
  [
    `<b>${escaped(card.name)}</b>`,
    ...card.lines.map(escaped),
    ...card.gateways.map((gateway) => `⇄ ${escaped(gateway)}`),
    ...badges(card.findings),
  ].join('<br/>');

const badges = (numbers: readonly number[]): readonly string[] =>
  numbers.length === 0 ? [] : [`⚠ ${numbers.map((number) => `(${number})`).join(' ')}`];

const shape = (card: Card, text: string): string => (card.hasControlPlane ? `["${text}"]` : `("${text}")`);

const cardStyle = (graph: Graph, card: Card): string => {
  const stroke = card.findings.length === 0 ? '#57606a' : SEVERITY_COLOURS[worstOf(graph, card.findings)];
  return `fill:${trustColour(card.trust)},stroke:${stroke},color:#1f2328${card.hasControlPlane ? ',stroke-width:2px' : ''}`;
};

const arrow = ({ kind, both, findings }: Edge): string => {
  switch (kind) {
    case 'serves':
      return '==>|serves|';
    case 'reads':
      return both ? '<-->|remote secrets|' : '-->|remote secret|';
    case 'missing':
      return '-.->|no remote secret|';
    case 'finding':
      return `---|"⚠ ${findings.map((number) => `(${number})`).join(' ')}"|`;
  }
};

const quoted = (text: string): string => `"${escaped(text)}"`;

/** Entities of Mermaid; file names and names of clusters may hold anything. */
const escaped = (text: string): string =>
  printable(text).replaceAll(/[^\p{L}\p{N} .,:;/_()=+-]/gu, (character) =>
    character === '⇄' ? character : `#${character.codePointAt(0)!};`,
  );

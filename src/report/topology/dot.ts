import { printable } from '../paint.ts';
import type { Card, Edge, Graph } from './graph.ts';
import { worstOf } from './graph.ts';
import { SEVERITY_COLOURS, trustColour } from './colours.ts';

/** The meshes for Graphviz. */
export const dot = (graphs: readonly Graph[]): string => {
  const lines = [
    'digraph "mesh-lint" {',
    // Without newrank Graphviz 2.43 fails, or never ends, where many edges join several subgraphs.
    '  newrank=true; rankdir=LR; fontname="sans-serif";',
    '  node [shape=box, fontname="sans-serif"]; edge [fontname="sans-serif", fontsize=10];',
  ];
  graphs.forEach((graph, mesh) => {
    const idOf = (name: string): string => quoted(`${mesh}/${name}`);
    lines.push(`  subgraph "cluster_${mesh}" {`, `    label=${quoted(graph.title)};`);
    graph.boxes.forEach((box, index) => {
      lines.push(
        `    subgraph "cluster_${mesh}_${index}" {`,
        `      label=${quoted(box.name === undefined ? 'no network named' : `network ${box.name}`)}; style="rounded,dashed";`,
        ...box.cards.map((card) => `      ${idOf(card.name)} [${cardAttributes(graph, card)}];`),
        '    }',
      );
    });
    const legend = [
      ...graph.trust.map(({ text }) => text),
      ...graph.notes,
      ...graph.findings.map(
        ({ number, severity, message, rule, place }) => `(${number}) ${severity} ${message} [${rule}] ${place}`,
      ),
    ];
    if (legend.length > 0)
      lines.push(`    "legend_${mesh}" [shape=plaintext, label=${quoted(legend.join('\n'), '\\l')}];`);
    lines.push(
      '  }',
      ...graph.edges.map((edge) => `  ${idOf(edge.from)} -> ${idOf(edge.to)} [${edgeAttributes(graph, edge)}];`),
    );
  });
  return `${[...lines, '}'].join('\n')}\n`;
};

const cardAttributes = (graph: Graph, card: Card): string => {
  const text = [
    card.name,
    ...card.lines,
    ...card.gateways.map((gateway) => `⇄ ${gateway}`),
    ...(card.findings.length === 0 ? [] : [`⚠ ${inBrackets(card.findings)}`]),
  ];
  const border = card.findings.length === 0 ? '#57606a' : SEVERITY_COLOURS[worstOf(graph, card.findings)];
  return `label=${quoted(text.join('\n'))}, style="${card.hasControlPlane ? 'filled,bold' : 'filled,rounded'}", fillcolor="${trustColour(card.trust)}", color="${border}"`;
};

const edgeAttributes = (graph: Graph, { kind, both, findings }: Edge): string => {
  const direction = both ? ', dir=both' : '';
  switch (kind) {
    case 'serves':
      return 'label="serves", penwidth=3';
    case 'reads':
      return `label="${both ? 'remote secrets' : 'remote secret'}"${direction}`;
    case 'missing':
      return `label="no remote secret", style=dashed, color="${SEVERITY_COLOURS.error}"`;
    case 'finding':
      return `label="⚠ ${inBrackets(findings)}", dir=none, color="${SEVERITY_COLOURS[worstOf(graph, findings)]}", constraint=false`;
  }
};

const inBrackets = (numbers: readonly number[]): string => numbers.map((number) => `(${number})`).join(' ');

const quoted = (text: string, lineEnd = '\\n'): string => {
  const lines = text.split('\n').map((line) => printable(line).replaceAll(/["\\]/g, (character) => `\\${character}`));
  return `"${lines.join(lineEnd)}${lineEnd === '\\l' ? lineEnd : ''}"`;
};

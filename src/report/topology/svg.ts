import { printable } from '../paint.ts';
import { SEVERITY_COLOURS, trustColour } from './colours.ts';
import type { Edge, Graph } from './graph.ts';
import { worstOf } from './graph.ts';
import type { Layout, PlacedCard, PlacedEdge, Point } from './layout.ts';
import { CARD_PADDING, HEADER_HEIGHT, layoutOf, LINE_HEIGHT } from './layout.ts';

const MARGIN = 32;
const TITLE_HEIGHT = 34;
const MIN_WIDTH = 760;
const GREY = '#57606a';
/** Of the usual sans-serif fonts at 12 px. */
const CHARACTER_WIDTH = 6.5;

/** The meshes as one SVG picture that needs nothing else: no script, no font, no style sheet. */
export const svg = (graphs: readonly Graph[]): string => {
  const drawings = graphs.map((graph) => ({ graph, layout: layoutOf(graph) }));
  const width = Math.max(MIN_WIDTH, ...drawings.map(({ layout }) => layout.width)) + 2 * MARGIN;
  let top = MARGIN;
  const parts: string[] = [];
  for (const { graph, layout } of drawings) {
    const legend = legendLines(graph, width - 2 * MARGIN);
    parts.push(
      element('text', { x: MARGIN, y: top + 16, 'font-size': 17, 'font-weight': 600 }, graph.title),
      `<g transform="translate(${MARGIN} ${top + TITLE_HEIGHT})">`,
      ...boxes(layout),
      ...layout.edges.map((placed) => line(graph, placed)),
      ...layout.cards.map((placed) => card(graph, placed)),
      ...layout.edges.flatMap((placed) => labels(graph, placed)),
      '</g>',
    );
    top += TITLE_HEIGHT + layout.height + 26;
    for (const entry of legend) {
      parts.push(...entry.draw(MARGIN, top));
      top += entry.height;
    }
    top += MARGIN;
  }
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" font-family="system-ui, sans-serif" font-size="12" fill="#1f2328">`,
    `<title>${escaped(graphs.map(({ title }) => title).join('; '))}</title>`,
    defs(),
    element('rect', { width: '100%', height: '100%', fill: '#ffffff' }),
    ...parts,
    '</svg>',
  ].join('\n')}\n`;
};

const defs = (): string =>
  `<defs>${['reads', 'missing', 'serves']
    .map(
      (kind) =>
        `<marker id="${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="${kind === 'serves' ? 4 : 8}" markerHeight="${kind === 'serves' ? 4 : 8}" orient="auto-start-reverse"><path d="M 0 0 L 8 4 L 0 8 z" fill="${strokeOf(kind)}"/></marker>`,
    )
    .join('')}</defs>`;

const strokeOf = (kind: string): string =>
  kind === 'missing' ? SEVERITY_COLOURS.error : kind === 'serves' ? '#8c959f' : GREY;

const boxes = (layout: Layout): readonly string[] =>
  layout.boxes.flatMap(({ x, y, width, height, name }) => [
    element('rect', {
      x,
      y,
      width,
      height,
      rx: 10,
      fill: '#f6f8fa',
      stroke: '#d0d7de',
      ...(name === undefined ? { 'stroke-dasharray': '5 4' } : {}),
    }),
    element('text', { x: x + 14, y: y + 24, fill: GREY }, name === undefined ? 'no network named' : `network ${name}`),
  ]);

const card = (
  graph: Graph,
  { card: { name, trust, findings, hasControlPlane }, lines, x, y, width, height }: PlacedCard,
): string => {
  const stroke = findings.length === 0 ? GREY : SEVERITY_COLOURS[worstOf(graph, findings)];
  return [
    '<g>',
    element('rect', {
      x,
      y,
      width,
      height,
      rx: hasControlPlane ? 3 : 14,
      fill: trustColour(trust),
      stroke,
      'stroke-width': hasControlPlane ? 2 : 1,
    }),
    element(
      'text',
      { x: x + CARD_PADDING, y: y + 18, 'font-size': 14, 'font-weight': 600 },
      shortened(name, width - 90),
    ),
    ...lines.map((line, index) =>
      element(
        'text',
        { x: x + CARD_PADDING, y: y + HEADER_HEIGHT + (index + 1) * LINE_HEIGHT - 4 },
        shortened(line, width - 2 * CARD_PADDING),
        line,
      ),
    ),
    ...findings.slice(0, 4).map((number, index) => badge(graph, number, { x: x + width - 14 - index * 20, y })),
    ...(findings.length > 4
      ? [element('text', { x: x + width - 102, y: y - 6, fill: GREY }, `+${findings.length - 4}`)]
      : []),
    '</g>',
  ].join('');
};

const line = (graph: Graph, { edge, path }: PlacedEdge): string => {
  const { kind, both, findings } = edge;
  const stroke = kind === 'finding' ? SEVERITY_COLOURS[worstOf(graph, findings)] : strokeOf(kind);
  return `<path ${attributes({
    d: path,
    fill: 'none',
    stroke,
    'stroke-width': kind === 'serves' ? 4 : kind === 'finding' ? 2.5 : 1.3,
    ...(kind === 'missing' ? { 'stroke-dasharray': '6 4' } : {}),
    ...(kind === 'finding' ? {} : { 'marker-end': `url(#${kind})` }),
    ...(both && kind === 'reads' ? { 'marker-start': 'url(#reads)' } : {}),
  })}><title>${escaped(edgeText(edge))}</title></path>`;
};

const edgeText = ({ kind, from, to, both, findings }: Edge): string => {
  switch (kind) {
    case 'serves':
      return `the control plane of ${from} serves ${to}`;
    case 'reads':
      return both ? `${from} and ${to} hold remote secrets of each other` : `${from} holds a remote secret of ${to}`;
    case 'missing':
      return `${from} holds no remote secret of ${to}`;
    case 'finding':
      return `${from} and ${to}: ${findings.map((number) => `(${number})`).join(' ')}`;
  }
};

const labels = (graph: Graph, { edge, middle }: PlacedEdge): readonly string[] => {
  if (edge.kind !== 'finding') return [];
  const shown = edge.findings.slice(0, 5);
  const left = middle.x - ((shown.length - 1) * 20) / 2;
  return shown.map((number, index) => badge(graph, number, { x: left + index * 20, y: middle.y }));
};

const badge = (graph: Graph, number: number, { x, y }: Point): string => {
  const found = graph.findings[number - 1];
  return [
    `<g><title>${escaped(found === undefined ? `${number}` : `${found.message} [${found.rule}]`)}</title>`,
    element('circle', { cx: x, cy: y, r: 10, fill: SEVERITY_COLOURS[worstOf(graph, [number])], stroke: '#ffffff' }),
    element(
      'text',
      { x, y: y + 3.5, 'text-anchor': 'middle', fill: '#ffffff', 'font-size': 10, 'font-weight': 600 },
      `${number}`,
    ),
    '</g>',
  ].join('');
};

// ---- below the picture ----

interface LegendLine {
  readonly height: number;
  readonly draw: (x: number, y: number) => readonly string[];
}

const legendLines = (graph: Graph, width: number): readonly LegendLine[] => {
  const kinds = new Set(graph.edges.map(({ kind }) => kind));
  return [
    ...(kinds.has('serves') ? [keyLine('serves', 'control plane → cluster that it serves')] : []),
    ...(kinds.has('reads')
      ? [keyLine('reads', 'remote secret: its control plane reads the API server of the other')]
      : []),
    ...(kinds.has('missing') ? [keyLine('missing', 'missing remote secret')] : []),
    ...graph.notes.map((note) => textLine(note, width)),
    ...graph.trust.map(({ group, text }) => trustLine(group, text, width)),
    ...graph.findings.map((finding) =>
      findingLine(graph, finding.number, `${finding.message} [${finding.rule}] ${finding.place}`, width),
    ),
  ];
};

const keyLine = (kind: 'serves' | 'reads' | 'missing', text: string): LegendLine => ({
  height: 20,
  draw: (x, y) => [
    `<path ${attributes({
      d: `M ${x} ${y + 6} H ${x + 40}`,
      stroke: strokeOf(kind),
      'stroke-width': kind === 'serves' ? 4 : 1.3,
      'marker-end': `url(#${kind})`,
      ...(kind === 'missing' ? { 'stroke-dasharray': '6 4' } : {}),
    })}/>`,
    element('text', { x: x + 52, y: y + 10 }, text),
  ],
});

const wrapped = (text: string, x: number, y: number, lines: readonly string[]): readonly string[] =>
  lines.map((part, index) =>
    element('text', { x, y: y + 10 + index * LINE_HEIGHT }, part, index === 0 && lines.length > 1 ? text : undefined),
  );

const textLine = (text: string, width: number): LegendLine => {
  const lines = wrap(text, width);
  return { height: lines.length * LINE_HEIGHT + 4, draw: (x, y) => wrapped(text, x, y, lines) };
};

const trustLine = (group: number | undefined, text: string, width: number): LegendLine => {
  const lines = wrap(text, width - 52);
  return {
    height: lines.length * LINE_HEIGHT + 4,
    draw: (x, y) => [
      element('rect', { x, y, width: 40, height: 12, rx: 3, fill: trustColour(group), stroke: '#d0d7de' }),
      ...wrapped(text, x + 52, y, lines),
    ],
  };
};

const findingLine = (graph: Graph, number: number, text: string, width: number): LegendLine => {
  const lines = wrap(text, width - 52);
  return {
    height: lines.length * LINE_HEIGHT + 8,
    draw: (x, y) => [badge(graph, number, { x: x + 20, y: y + 6 }), ...wrapped(text, x + 52, y, lines)],
  };
};

const wrap = (text: string, width: number): readonly string[] => {
  const most = Math.floor(width / CHARACTER_WIDTH);
  const lines: string[] = [];
  for (const word of printable(text).split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else
      for (let start = 0; start === 0 || start < word.length; start += most)
        lines.push(word.slice(start, start + most));
  }
  return lines;
};

const shortened = (text: string, width: number): string => {
  const most = Math.floor(width / CHARACTER_WIDTH);
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
};

// ---- XML ----

type Attributes = Readonly<Record<string, string | number>>;

const attributes = (values: Attributes): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}="${escaped(String(value))}"`)
    .join(' ');

/** An element with text; `title` shows what was cut. */
const element = (name: string, values: Attributes, text?: string, title?: string): string => {
  if (text === undefined) return `<${name} ${attributes(values)}/>`;
  const full = title === undefined || title === text ? '' : `<title>${escaped(title)}</title>`;
  return `<${name} ${attributes(values)}>${full}${escaped(text)}</${name}>`;
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);

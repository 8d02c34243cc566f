// Where things stand in a drawing: networks in a grid, clusters in columns inside of them, lines between. Units are pixels.
import type { Box, Card, Edge, Graph } from './graph.ts';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedCard extends Rectangle {
  readonly card: Card;
  /** All that stands below the name, in lines. */
  readonly lines: readonly string[];
}

export interface PlacedBox extends Rectangle {
  readonly name: string | undefined;
}

export interface PlacedEdge {
  readonly edge: Edge;
  /** The `d` of a path. */
  readonly path: string;
  /** Where a label stands. */
  readonly middle: Point;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly cards: readonly PlacedCard[];
  readonly edges: readonly PlacedEdge[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const CARD_WIDTH = 260;
export const LINE_HEIGHT = 17;
export const CARD_PADDING = 12;
export const HEADER_HEIGHT = 24;
const CARD_GAP = { x: 110, y: 46 };
const BOX_GAP = { x: 130, y: 60 };
const BOX_PADDING = { x: 22, top: 40, bottom: 22 };
/** Up to so many clusters stand below one another. */
const ONE_COLUMN = 4;
/** Networks beyond it begin a new row. */
const ROW_WIDTH = 1500;

/** Places a graph with its upper left corner at 0, 0. */
export const layoutOf = (graph: Graph): Layout => {
  const boxes: PlacedBox[] = [];
  const cards: PlacedCard[] = [];
  let top = 0;
  for (const row of rowsOf(graph.boxes.map(sizeOf))) {
    let left = 0;
    for (const { box, columns, width, height } of row) {
      boxes.push({ name: box.name, x: left, y: top, width, height });
      cards.push(...placeColumns(columns, left + BOX_PADDING.x, top + BOX_PADDING.top));
      left += width + BOX_GAP.x;
    }
    top += Math.max(...row.map(({ height }) => height)) + BOX_GAP.y;
  }
  const right = Math.max(0, ...boxes.map(({ x, width }) => x + width));
  return {
    width: right,
    height: Math.max(0, top - BOX_GAP.y),
    boxes,
    cards,
    edges: routes(graph.edges, cards),
  };
};

interface BoxSize {
  readonly box: Box;
  readonly columns: readonly (readonly Card[])[];
  readonly width: number;
  readonly height: number;
}

const rowsOf = (sizes: readonly BoxSize[]): readonly (readonly BoxSize[])[] => {
  const rows: BoxSize[][] = [];
  let width = Infinity;
  for (const size of sizes) {
    width += BOX_GAP.x + size.width;
    if (width > ROW_WIDTH) {
      rows.push([]);
      width = size.width;
    }
    rows.at(-1)!.push(size);
  }
  return rows;
};

const sizeOf = (box: Box): BoxSize => {
  const count = box.cards.length;
  const rows = count <= ONE_COLUMN ? count : Math.max(ONE_COLUMN, Math.ceil(Math.sqrt(2 * count)));
  const columns: (readonly Card[])[] = [];
  for (let start = 0; start < count; start += rows) columns.push(box.cards.slice(start, start + rows));
  const heightOf = (cards: readonly Card[]): number =>
    cards.reduce((sum, card) => sum + cardHeight(card), 0) + (cards.length - 1) * CARD_GAP.y;
  return {
    box,
    columns,
    width: columns.length * CARD_WIDTH + (columns.length - 1) * CARD_GAP.x + 2 * BOX_PADDING.x,
    height: Math.max(...columns.map(heightOf)) + BOX_PADDING.top + BOX_PADDING.bottom,
  };
};

const linesOf = (card: Card): readonly string[] => [...card.lines, ...card.gateways.map((gateway) => `⇄ ${gateway}`)];

const cardHeight = (card: Card): number => HEADER_HEIGHT + linesOf(card).length * LINE_HEIGHT + CARD_PADDING;

const placeColumns = (columns: readonly (readonly Card[])[], left: number, top: number): readonly PlacedCard[] =>
  columns.flatMap((column, index) => {
    let y = top;
    return column.map((card): PlacedCard => {
      const height = cardHeight(card);
      const placed = {
        card,
        lines: linesOf(card),
        x: left + index * (CARD_WIDTH + CARD_GAP.x),
        y,
        width: CARD_WIDTH,
        height,
      };
      y += height + CARD_GAP.y;
      return placed;
    });
  });

// ---- lines ----

type Side = 'left' | 'right' | 'top' | 'bottom';

interface Route {
  readonly edge: Edge;
  readonly from: End;
  readonly to: End;
}

interface End {
  readonly card: PlacedCard;
  readonly other: PlacedCard;
  readonly side: Side;
}

const routes = (edges: readonly Edge[], cards: readonly PlacedCard[]): readonly PlacedEdge[] => {
  const byName = new Map(cards.map((placed) => [placed.card.name, placed]));
  const found = edges.flatMap((edge): readonly Route[] => {
    const [from, to] = [byName.get(edge.from), byName.get(edge.to)];
    if (from === undefined || to === undefined) return [];
    const [fromSide, toSide] = sidesOf(from, to, cards);
    return [{ edge, from: { card: from, other: to, side: fromSide }, to: { card: to, other: from, side: toSide } }];
  });
  const anchors = spread(found);
  return found.map(({ edge, from, to }) => {
    const [start, end] = [anchors.get(from)!, anchors.get(to)!];
    const [first, second] = [pulled(start, from.side, end), pulled(end, to.side, start)];
    return {
      edge,
      path: `M ${text(start)} C ${text(first)}, ${text(second)}, ${text(end)}`,
      middle: {
        x: (start.x + 3 * first.x + 3 * second.x + end.x) / 8,
        y: (start.y + 3 * first.y + 3 * second.y + end.y) / 8,
      },
    };
  });
};

const centre = ({ x, y, width, height }: Rectangle): Point => ({ x: x + width / 2, y: y + height / 2 });

/** Sides that face each other; around what stands between. */
const sidesOf = (from: PlacedCard, to: PlacedCard, cards: readonly PlacedCard[]): readonly [Side, Side] => {
  const [a, b] = [centre(from), centre(to)];
  const isFree = !cards.some((card) => card !== from && card !== to && crosses(a, b, card));
  if (Math.abs(a.x - b.x) < CARD_WIDTH) {
    if (!isFree) return ['right', 'right'];
    return a.y < b.y ? ['bottom', 'top'] : ['top', 'bottom'];
  }
  // In one row with another between: over the top.
  if (!isFree && Math.abs(a.y - b.y) < HEADER_HEIGHT) return ['top', 'top'];
  return a.x < b.x ? ['right', 'left'] : ['left', 'right'];
};

/** Whether the straight line between two points meets a rectangle. */
const crosses = (a: Point, b: Point, { x, y, width, height }: Rectangle): boolean => {
  let [low, high] = [0, 1];
  for (const [start, change, least, most] of [
    [a.x, b.x - a.x, x, x + width],
    [a.y, b.y - a.y, y, y + height],
  ] as const) {
    if (change === 0) {
      if (start < least || start > most) return false;
      continue;
    }
    const [near, far] = [(least - start) / change, (most - start) / change].toSorted((m, n) => m - n) as [
      number,
      number,
    ];
    low = Math.max(low, near);
    high = Math.min(high, far);
  }
  return low <= high;
};

/** Ends at one side of a card stand apart, in the order of what they lead to. */
const spread = (found: readonly Route[]): ReadonlyMap<End, Point> => {
  const sides = new Map<string, End[]>();
  for (const end of found.flatMap(({ from, to }) => [from, to])) {
    const key = `${end.side} ${end.card.card.name}`;
    const held = sides.get(key);
    if (held === undefined) sides.set(key, [end]);
    else held.push(end);
  }
  const points = new Map<End, Point>();
  for (const ends of sides.values()) {
    const isUpright = ends[0]!.side === 'left' || ends[0]!.side === 'right';
    const along = (end: End): number => (isUpright ? centre(end.other).y : centre(end.other).x);
    const ordered = ends.toSorted((a, b) => along(a) - along(b));
    ordered.forEach((end, index) => points.set(end, pointAt(end.card, end.side, (index + 1) / (ends.length + 1))));
  }
  return points;
};

const pointAt = ({ x, y, width, height }: Rectangle, side: Side, share: number): Point => {
  switch (side) {
    case 'left':
      return { x, y: y + height * share };
    case 'right':
      return { x: x + width, y: y + height * share };
    case 'top':
      return { x: x + width * share, y };
    case 'bottom':
      return { x: x + width * share, y: y + height };
  }
};

/** The control point that makes a curve leave its side at a right angle. */
const pulled = ({ x, y }: Point, side: Side, towards: Point): Point => {
  const far = 30 + Math.min(120, Math.hypot(towards.x - x, towards.y - y) / 3);
  switch (side) {
    case 'left':
      return { x: x - far, y };
    case 'right':
      return { x: x + far, y };
    case 'top':
      return { x, y: y - Math.min(far, CARD_GAP.y) };
    case 'bottom':
      return { x, y: y + Math.min(far, CARD_GAP.y) };
  }
};

const text = ({ x, y }: Point): string => `${round(x)} ${round(y)}`;

const round = (value: number): number => Math.round(value * 10) / 10;

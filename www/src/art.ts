/**
 * The picture of an activity. There are no photographs, so each one gets a small poster of its own: its type chooses the
 * composition and the colours, its id the variation, its most particular tag the drawing.
 */
import type { ActivityCard, Vocabulary } from '@triqueta/recommender';
import { s } from './dom.ts';
import { strokes, topicGlyph } from './glyphs.ts';

const WIDTH = 320;
const HEIGHT = 180;

/** Ground, two middle tones, a light one and an accent. */
type Palette = readonly [ground: string, deep: string, middle: string, light: string, accent: string];
type Random = () => number;
type Composition = (palette: Palette, random: Random) => SVGElement[];

const PALETTES: readonly Palette[] = [
  ['#7b2d4f', '#a63d40', '#e2703a', '#ffd6a0', '#f6ae2d'],
  ['#1b5e4b', '#2f7d5b', '#8fb84e', '#f3ebc0', '#f2a541'],
  ['#1d4e79', '#2f7ea1', '#f2b134', '#fdeecb', '#e4572e'],
  ['#4a2c6f', '#7d5ba6', '#e58fb1', '#fbe3ec', '#f2b632'],
  ['#8a3b12', '#c8611f', '#edae49', '#fcebcf', '#2a9d8f'],
  ['#124e57', '#2a8c82', '#e9c46a', '#f6f0d5', '#e76f51'],
];
const COMPOSITIONS: readonly Composition[] = [tiles, lanes, hills, garland];

/** The poster of an activity. The order of the vocabulary's types decides who gets which composition. */
export function poster(activity: ActivityCard, vocabulary: Vocabulary): SVGSVGElement {
  const found = vocabulary.types.findIndex((entry) => entry.value === activity.type);
  const style = found < 0 ? COMPOSITIONS.length - 1 : found;
  const random = seeded(activity.id);
  const palette = PALETTES[(style + (random() < 0.45 ? 3 : 0)) % PALETTES.length] ?? PALETTES[0]!;
  const compose = COMPOSITIONS[style % COMPOSITIONS.length] ?? garland;
  const topic = topicGlyph(...rarestFirst(activity.tags, vocabulary), activity.type);
  return s(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'xMidYMid slice', class: 'poster', 'aria-hidden': 'true', focusable: 'false' },
    s('rect', { width: WIDTH, height: HEIGHT, fill: palette[0] }),
    ...compose(palette, random),
    s('circle', { cx: 254, cy: 92, r: 42, fill: palette[3] }),
    s('path', {
      d: strokes(topic), transform: 'translate(224.6 62.6) scale(2.45)', fill: 'none', stroke: palette[0],
      'stroke-width': 1.5, 'stroke-linecap': 'round', 'stroke-linejoin': 'round',
    }),
  );
}

/** What few plans have says most about one that has it. */
function rarestFirst(tags: readonly string[], vocabulary: Vocabulary): string[] {
  const counts = new Map(vocabulary.tags.map(({ value, count }) => [value, count]));
  return [...tags].sort((left, right) => (counts.get(left) ?? 0) - (counts.get(right) ?? 0));
}

/** Quarter circles on a grid, like floor tiles of the old centre. */
function tiles([ground, deep, middle, light, accent]: Palette, random: Random): SVGElement[] {
  const size = 60;
  const made: SVGElement[] = [];
  for (let row = 0; row < 3; row += 1) {
    for (let column = 0; column < 6; column += 1) {
      const [x, y] = [column * size - 20, row * size];
      made.push(s('rect', { x, y, width: size, height: size, fill: pick(random, [ground, deep, deep, middle]) }));
      const turn = Math.floor(random() * 4) * 90;
      const fill = pick(random, [middle, accent, light, deep, ground]);
      const centre = `rotate(${turn} ${x + size / 2} ${y + size / 2})`;
      const whole = random() < 0.18;
      made.push(whole
        ? s('circle', { cx: x + size / 2, cy: y + size / 2, r: size * 0.32, fill })
        : s('path', { d: `M${x} ${y}h${size}a${size} ${size} 0 0 1-${size} ${size}z`, fill, transform: centre }));
      if (!whole && random() < 0.45) {
        const half = size / 2;
        made.push(s('path', { d: `M${x} ${y}h${half}a${half} ${half} 0 0 1-${half} ${half}z`, fill: pick(random, [ground, light]), transform: centre }));
      }
    }
  }
  return made;
}

/** The bends of a running track, and something round in flight. */
function lanes([, deep, middle, light, accent]: Palette, random: Random): SVGElement[] {
  const [x, y] = [random() < 0.5 ? -20 + random() * 90 : 230 + random() * 90, random() < 0.5 ? -30 : 190];
  const first = Math.floor(random() * 3);
  const colours = [light, middle, deep];
  const made: SVGElement[] = [];
  for (let lane = 0; lane < 8; lane += 1) {
    made.push(s('circle', {
      cx: x, cy: y, r: 46 + lane * 30, fill: 'none', stroke: colours[(lane + first) % 3], 'stroke-width': (lane + first) % 3 === 0 ? 5 : 17,
      'stroke-opacity': (lane + first) % 3 === 0 ? 0.9 : 0.75,
    }));
  }
  made.push(s('circle', { cx: 60 + random() * 120, cy: 45 + random() * 80, r: 13 + random() * 12, fill: accent }));
  return made;
}

/** The eastern hills in paper layers, under a low sun. */
function hills([ground, deep, middle, light, accent]: Palette, random: Random): SVGElement[] {
  const made: SVGElement[] = [
    s('rect', { width: WIDTH, height: HEIGHT, fill: light }),
    s('circle', { cx: 60 + random() * 120, cy: 50 + random() * 26, r: 28 + random() * 12, fill: accent }),
  ];
  const layers: readonly (readonly [number, string])[] = [[74, middle], [104, deep], [136, ground]];
  for (const [top, fill] of layers) {
    let path = `M0 ${HEIGHT}V${top + random() * 20}`;
    for (let x = 0; x < WIDTH; x += 80) {
      const rise = 14 + random() * 30;
      path += `q40 -${rise} 80 ${random() * 24 - 8}`;
    }
    made.push(s('path', { d: `${path}V${HEIGHT}z`, fill }));
  }
  return made;
}

/** Strings of paper flags: for anything that has no composition of its own. */
function garland([, deep, middle, light, accent]: Palette, random: Random): SVGElement[] {
  const made: SVGElement[] = [];
  for (let row = 0; row < 4; row += 1) {
    const top = 6 + row * 48 + random() * 8;
    const sag = 12 + random() * 16;
    made.push(s('path', { d: `M0 ${top}Q160 ${top + 2 * sag} ${WIDTH} ${top}`, fill: 'none', stroke: light, 'stroke-width': 1.5 }));
    for (let x = 8 - row * 9; x < WIDTH; x += 32) {
      const t = x / WIDTH;
      const y = top + 4 * sag * t * (1 - t);
      made.push(s('path', { d: `M${x} ${y}h24l-12 26z`, fill: pick(random, [deep, middle, light, accent]) }));
    }
  }
  return made;
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

/** The same numbers for the same id, on every device. */
function seeded(id: string): Random {
  let state = 2166136261;
  for (let index = 0; index < id.length; index += 1) state = Math.imul(state ^ id.charCodeAt(index), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

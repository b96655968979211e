/**
 * The page's icons: small drawings on a 24 × 24 grid, in the colour of the text around them.
 * A topic finds its drawing by the beginning of its word; a word nobody thought of gets the triqueta.
 */
import { s } from './dom.ts';

const STROKES = {
  triqueta: 'M12 4.7A7.2 7.2 0 0 0 19.2 17.2A7.2 7.2 0 0 0 4.8 17.2A7.2 7.2 0 0 0 12 4.7',
  heart: 'M12 20s-7.5-4.6-7.5-10A4.2 4.2 0 0 1 12 7.4 4.2 4.2 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10z',
  cross: 'M6 6l12 12M18 6L6 18',
  bookmark: 'M7 4h10v16l-5-4-5 4z',
  similar: 'M9 9m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0M15 15m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0',
  chevron: 'M6 9l6 6 6-6',
  search: 'M10.5 10.5m-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0M15 15l5 5',
  shield: 'M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6zM8.8 12l2.3 2.3 4.2-4.6',
  pin: 'M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11zM12 10m-2.2 0a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0-4.4 0',
  clock: 'M12 12m-8.5 0a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M12 7.5V12l3.2 2',
  download: 'M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13',
  external: 'M13 5h6v6M19 5l-8.5 8.5M17 14v5H5V7h5',
  sliders: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 7m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0M9 17m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0',
  spark: 'M12 3.5c.8 4.7 3.3 7.2 8 8-4.7.8-7.2 3.3-8 8-.8-4.7-3.3-7.2-8-8 4.7-.8 7.2-3.3 8-8z',
  locate: 'M12 12m-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0M12 3v3M12 18v3M3 12h3M18 12h3',
  bars: 'M5 20v-7M12 20V5M19 20v-10',
  star: 'M12 4l2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8z',
  note: 'M9 18V6l10-2v12M6.5 18m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0M16.5 16m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0',
  mask: 'M4 5c5 2 11 2 16 0v6c0 5-3.5 8.5-8 9.5C7.5 19.5 4 16 4 11zM8 10.5c1-.8 2-.8 3 0M13 10.5c1-.8 2-.8 3 0M8.5 14.5c2 2.2 5 2.2 7 0',
  film: 'M4 8h16v11H4zM4 8l1-3.5 15 .0V8M8.5 4.5L7 8M13 4.5L11.5 8M17.5 4.5L16 8',
  palette: 'M12 4a8.5 8 0 1 0 0 16c1.8 0 2-1.3 1.3-2.3-.9-1.3 0-2.7 1.7-2.7h2.5c2 0 3-1.5 3-3.5C20.5 7 16.7 4 12 4zM8 10.5v.01M12 8v.01M16 10.5v.01',
  dance: 'M13.5 5m-1.8 0a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0M6 8l5 2 3 0 4-3M12.5 10l-1 4-5 6M11.5 14c3 0 5 1 6.5 5-3-.8-6-.5-9 .5',
  book: 'M12 7c-2.5-2-5.5-2-8-1.5V18c2.5-.5 5.5-.5 8 1.5 2.5-2 5.5-2 8-1.5V5.5C17.5 5 14.5 5 12 7zM12 7v12',
  camera: 'M4 8h4l1.5-2.5h5L16 8h4v11H4zM12 13.2m-3.3 0a3.3 3.3 0 1 0 6.6 0a3.3 3.3 0 1 0-6.6 0',
  columns: 'M4 9l8-5 8 5zM6 9v8M10 9v8M14 9v8M18 9v8M4 20h16M5 17h14',
  cup: 'M5 9h11v5.5a4.5 4.5 0 0 1-4.5 4.5h-2A4.5 4.5 0 0 1 5 14.5zM16 10.5h1.5a2.3 2.3 0 0 1 0 4.6H16M8.5 3.5c-.8 1 .8 1.8 0 3M12.5 3.5c-.8 1 .8 1.8 0 3',
  bicycle: 'M6 16m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0M18 16m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0M6 16l3.5-7h6L18 16M9.5 9l4 7H6M13.5 16l2-7-1-2.5H17M8 7h3',
  stopwatch: 'M12 13.5m-7 0a7 7 0 1 0 14 0a7 7 0 1 0-14 0M12 13.5l3-3.5M10 3.5h4M12 3.5v3M18 6l1.5 1.5',
  lotus: 'M12 6c2.5 2.5 3.5 6 0 11-3.5-5-2.5-8.5 0-11zM5 9.5c0 4.5 2.5 7 7 7.5 4.5-.5 7-3 7-7.5-2 0-3.5.7-4.7 2M5 9.5c2 0 3.5.7 4.7 2M6 20h12',
  ball: 'M12 12m-8.5 0a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M12 8l3.8 2.8-1.4 4.5H9.6l-1.4-4.5zM12 8V3.5M15.8 10.8l4.3-1.3M14.4 15.3l2.7 3.6M9.6 15.3l-2.7 3.6M8.2 10.8L3.9 9.5',
  basket: 'M12 12m-8.5 0a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M3.5 12h17M12 3.5v17M6 6c4 3 4 9 0 12M18 6c-4 3-4 9 0 12',
  pawn: 'M12 7m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0M9 10h6M10.5 10c.3 3-1 5-3 7h9c-2-2-3.3-4-3-7M6 20h12',
  mountain: 'M3 19l6-11 4 6.5 2.5-3.5L21 19zM9 8l-1.7 4.5L9.5 11l1.8 2M16 5.5m-1.5 0a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0',
  waves: 'M3 9c2-2 4-2 6 0s4 2 6 0 4-2 6 0M3 14c2-2 4-2 6 0s4 2 6 0 4-2 6 0M3 19c2-2 4-2 6 0s4 2 6 0 4-2 6 0',
  kite: 'M13 3l7 6-8 7-5-8zM13 3l-1 13M7 8l13 1M12 16c-1 2-3 1-4 2.5S6 21 4 20.5',
  tree: 'M12 21v-7M12 3.5c3 0 4.5 2 4.3 4 2.2.3 3.2 2 3 3.7-.3 2-2 3-4 2.8H8.7c-2 .2-3.7-.8-4-2.8-.2-1.7.8-3.4 3-3.7-.2-2 1.3-4 4.3-4zM9 21h6',
  vase: 'M9 4h6M10 4c.5 2.5-4 4.5-4 9 0 3 2 5 3.5 7h5c1.5-2 3.5-4 3.5-7 0-4.5-4.5-6.5-4-9M6.3 12h11.4M7 15.5h10',
  bunting: 'M3 6c6 3.5 12 3.5 18 0M5 7l.8 6 3.7-4.5M10 8.6l2 5.9 2-5.9M14.5 8.5l3.7 4.5.8-6M6 20h12',
  route: 'M6 18m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0M8 18h7a3 3 0 0 0 0-6H9.5a3 3 0 0 1 0-6H14M18 9.5c-2-2-2.7-3.3-2.7-4.3a2.7 2.7 0 0 1 5.4 0c0 1-.7 2.3-2.7 4.3z',
  moon: 'M19 14.5A8 8 0 0 1 9.5 5 8 8 0 1 0 19 14.5zM17 4l.8 2 2 .8-2 .8-.8 2-.8-2-2-.8 2-.8z',
  target: 'M12 12m-8.5 0a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M12 12m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0M12 12v.01',
  microphone: 'M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3zM6 11.5a6 6 0 0 0 12 0M12 17.5V21M9 21h6',
  leaf: 'M5 19C4 10 9 5 20 4c0 10-4 15.5-12 14.5M5 20c2-5 5-8 9-10',
  weight: 'M4 9v6M7 6.5v11M17 6.5v11M20 9v6M7 12h10',
  skate: 'M4 9c1 3 3 4 6 4h4c3 0 5-1 6-4M8 17m-1.8 0a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0M16 17m-1.8 0a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0M8 13v2M16 13v2',
} as const;

/** Name of a drawing. */
export type Glyph = keyof typeof STROKES;

/** Beginnings of words, unaccented, and the drawing they stand for. The first that fits wins. */
const TOPICS: readonly (readonly [string, Glyph])[] = [
  ['concierto', 'microphone'], ['canto', 'microphone'], ['coro', 'microphone'], ['charla', 'microphone'], ['comedia', 'microphone'], ['stand', 'microphone'],
  ['music', 'note'], ['jazz', 'note'], ['rock', 'note'], ['salsa', 'dance'], ['orquesta', 'note'], ['clasica', 'note'],
  ['cine', 'film'], ['film', 'film'], ['teatro', 'mask'], ['circo', 'mask'], ['titeres', 'mask'], ['opera', 'mask'],
  ['fotogra', 'camera'], ['photo', 'camera'], ['danza', 'dance'], ['baile', 'dance'], ['dance', 'dance'], ['ballet', 'dance'],
  ['arte', 'palette'], ['art', 'palette'], ['pintura', 'palette'], ['dibujo', 'palette'], ['mural', 'palette'], ['grafiti', 'palette'],
  ['liter', 'book'], ['lectura', 'book'], ['libro', 'book'], ['book', 'book'], ['poesia', 'book'], ['cuento', 'book'], ['idioma', 'book'],
  ['museo', 'columns'], ['exposicion', 'columns'], ['historia', 'columns'], ['patrimonio', 'columns'], ['tradicion', 'columns'],
  ['gastro', 'cup'], ['comida', 'cup'], ['cocina', 'cup'], ['cafe', 'cup'], ['food', 'cup'], ['asiatica', 'cup'],
  ['cicl', 'bicycle'], ['bici', 'bicycle'], ['cycl', 'bicycle'], ['running', 'stopwatch'], ['atlet', 'stopwatch'], ['carrera', 'stopwatch'],
  ['yoga', 'lotus'], ['medita', 'lotus'], ['bienestar', 'lotus'], ['salud', 'lotus'], ['pilates', 'lotus'], ['tai', 'lotus'],
  ['futbol', 'ball'], ['balon', 'basket'], ['basket', 'basket'], ['volei', 'basket'], ['tenis', 'target'], ['tejo', 'target'],
  ['ajedrez', 'pawn'], ['estrategia', 'pawn'], ['juego', 'pawn'], ['game', 'pawn'],
  ['camin', 'mountain'], ['sender', 'mountain'], ['monta', 'mountain'], ['escalada', 'mountain'], ['hik', 'mountain'],
  ['natacion', 'waves'], ['agua', 'waves'], ['patin', 'skate'], ['skate', 'skate'], ['gimnas', 'weight'], ['fuerza', 'weight'],
  ['fitness', 'weight'], ['aerobic', 'weight'], ['famil', 'kite'], ['infan', 'kite'], ['nino', 'kite'], ['cometa', 'kite'],
  ['aire', 'tree'], ['parque', 'tree'], ['natur', 'leaf'], ['ambient', 'leaf'], ['jardin', 'leaf'], ['huerta', 'leaf'], ['ave', 'leaf'],
  ['taller', 'vase'], ['artesan', 'vase'], ['ceramica', 'vase'], ['manual', 'vase'],
  ['festival', 'bunting'], ['feria', 'bunting'], ['carnaval', 'bunting'], ['fiesta', 'bunting'], ['mercado', 'bunting'], ['navidad', 'star'],
  ['tour', 'route'], ['recorrido', 'route'], ['urbano', 'route'], ['centro', 'route'], ['astronom', 'moon'], ['noctur', 'moon'],
  ['cultur', 'mask'], ['deport', 'ball'], ['sport', 'ball'], ['recrea', 'kite'], ['entrete', 'bunting'],
];

/** An icon. Decorative: the words beside it say the same. */
export function glyph(name: Glyph, className = 'glyph'): SVGSVGElement {
  return s('svg', { viewBox: '0 0 24 24', class: className, 'aria-hidden': 'true', focusable: 'false' }, s('path', { d: STROKES[name] }));
}

/** The path of a drawing, for the pictures. */
export function strokes(name: Glyph): string {
  return STROKES[name];
}

/** The drawing for a topic: the first of these words that has one. */
export function topicGlyph(...words: (string | null | undefined)[]): Glyph {
  for (const word of words) {
    if (!word) continue;
    const plain = word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
    const found = TOPICS.find(([beginning]) => plain.startsWith(beginning));
    if (found) return found[1];
  }
  return 'triqueta';
}

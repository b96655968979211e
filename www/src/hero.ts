/** The picture at the top: Bogotá under its eastern hills at the hour when plans are made. And the page's mark. */
import { s } from './dom.ts';

/** Three interlaced arcs: culture, sport, recreation. */
export function mark(): SVGSVGElement {
  const arcs = [
    ['M0-11.55A10 10 0 0 0 10 5.77', 'mark-one'],
    ['M10 5.77A10 10 0 0 0-10 5.77', 'mark-two'],
    ['M-10 5.77A10 10 0 0 0 0-11.55', 'mark-three'],
  ] as const;
  return s(
    'svg',
    { viewBox: '-14 -15 28 26', class: 'mark', 'aria-hidden': 'true', focusable: 'false' },
    ...arcs.map(([d, name]) => s('path', { d, class: name })),
  );
}

/** Hills, the church on Monserrate, towers and brick houses. Colours come from the style sheet, so night is another sky. */
export function skyline(): SVGSVGElement {
  return s(
    'svg',
    { viewBox: '0 0 1200 300', preserveAspectRatio: 'xMaxYMax slice', class: 'skyline', 'aria-hidden': 'true', focusable: 'false' },
    s('circle', { cx: 912, cy: 176, r: 54, class: 'sky-sun' }),
    s('path', {
      class: 'sky-far',
      d: 'M0 226C90 214 150 196 250 202S420 186 520 190s150-16 230-8 120 12 176-14 84-36 124-28 60 16 88 20 40-6 62-16V300H0z',
    }),
    s('path', { class: 'sky-church', d: 'M1032 141v-13h8v-15l5-7 5 7v8h17l5 7v14z' }),
    s('path', { class: 'sky-cable', d: 'M920 226L1034 140' }),
    s('path', {
      class: 'sky-near',
      d: 'M0 250c70-20 130-34 220-26s150-16 240-18 150 22 240 18 120-30 210-24 150 24 290-14V300H0z',
    }),
    s('path', { class: 'sky-tower', d: TOWERS.map(([x, top, width]) => `M${x} ${top}h${width}V300h-${width}z`).join('') }),
    s('path', { class: 'sky-brick', d: HOUSES.map(([x, top, width, roof]) => house(x, top, width, roof)).join('') }),
    s('path', { class: 'sky-window', d: windows() }),
  );
}

/** Left edge, top and width. */
const TOWERS = [
  [96, 214, 26], [152, 226, 34], [318, 206, 38], [334, 190, 6], [388, 226, 34], [560, 212, 30], [612, 196, 40], [628, 176, 8],
  [700, 222, 32], [858, 208, 28], [892, 224, 36], [986, 214, 30], [1096, 204, 34], [1110, 186, 6], [1136, 224, 40],
] as const;

/** Left edge, top, width and height of the roof; 0 is a flat one. */
const HOUSES = [
  [0, 256, 66, 0], [72, 262, 54, 20], [132, 258, 62, 0], [200, 264, 50, 18], [256, 254, 66, 0], [330, 262, 60, 22], [396, 256, 58, 0],
  [460, 264, 56, 20], [522, 258, 64, 0], [592, 262, 54, 20], [652, 254, 62, 0], [720, 264, 58, 20], [784, 258, 66, 0],
  [856, 262, 52, 20], [914, 254, 64, 0], [984, 264, 56, 20], [1046, 258, 62, 0], [1114, 262, 52, 20], [1172, 256, 40, 0],
] as const;

function house(x: number, top: number, width: number, roof: number): string {
  return roof ? `M${x} ${top}l${width / 2}-${roof} ${width / 2} ${roof}V300h-${width}z` : `M${x} ${top}h${width}V300h-${width}z`;
}

/** Lit windows: a few a tower, two a house. */
function windows(): string {
  const places: [number, number][] = [];
  TOWERS.forEach(([x, top, width], index) => {
    if (width < 20) return;
    for (let row = 0; row < 2; row += 1) places.push([x + 6 + ((index + row) % 2) * (width - 17), top + 10 + row * 16]);
  });
  for (const [x, top, width] of HOUSES) places.push([x + width * 0.24, top + 12], [x + width * 0.64, top + 12]);
  return places.map(([x, y]) => `M${x.toFixed(1)} ${y}h5v8h-5z`).join('');
}

/**
 * How the list shows that it moved: each card slides from its old place to its new one, new cards fade in.
 * Where the visitor asked for less motion nothing moves; the change is announced in words all the same.
 */

const DURATION_MS = 420;
const EASING = 'cubic-bezier(.2,.8,.2,1)';

/** Whether the visitor wants motion at all. */
export function motionAllowed(): boolean {
  return !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Where each child is now. Take it before a change and hand it to {@link slide} after. */
export function places(parent: Element): Map<Element, DOMRect> {
  return new Map([...parent.children].map((child) => [child, child.getBoundingClientRect()]));
}

/** Slides every child from its old place to its new one. */
export function slide(parent: Element, before: Map<Element, DOMRect>): void {
  if (!motionAllowed()) return;
  for (const child of parent.children) {
    const old = before.get(child);
    const now = child.getBoundingClientRect();
    if (!old) {
      child.animate([{ opacity: 0, transform: 'translateY(18px)' }, {}], { duration: DURATION_MS, easing: EASING });
      continue;
    }
    const [x, y] = [old.left - now.left, old.top - now.top];
    if (!x && !y) continue;
    if (!near(old) && !near(now)) continue;
    child.animate([{ transform: `translate(${x}px, ${y}px)` }, {}], { duration: DURATION_MS, easing: EASING });
  }
}

/** Puts `children` into `parent` in order, moving the fewest nodes and keeping the focus where it is. */
export function reorder(parent: Element, children: readonly Element[]): void {
  const focused = document.activeElement;
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next: ChildNode | null = parent.firstChild;
  for (const child of children) {
    if (child === next) next = next.nextSibling;
    else parent.insertBefore(child, next);
  }
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

/** Only what is on or near the screen is worth animating. */
function near(place: DOMRect): boolean {
  return place.bottom > -innerHeight && place.top < 2 * innerHeight;
}

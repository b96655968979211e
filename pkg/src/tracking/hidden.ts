/**
 * The moments after which a page may never run again. What is unfinished is noted at them in the capturing phase, before
 * whatever sends it: a tab in the background, above all on a phone, is often closed without another word.
 */
const EARLY = { capture: true };

/** Calls back when the page is hidden or left. Returns the function that stops it. */
export function onHidden(listener: () => void): () => void {
  const onVisibility = (): void => {
    if (document.hidden) listener();
  };
  document.addEventListener('visibilitychange', onVisibility, EARLY);
  addEventListener('pagehide', listener, EARLY);
  return () => {
    document.removeEventListener('visibilitychange', onVisibility, EARLY);
    removeEventListener('pagehide', listener, EARLY);
  };
}

/** Addresses as they are understood elsewhere too: in a worker a relative one would be relative to the worker's script. */

/** As `fetch` on the page would understand it. */
export function absolute(address: string): string {
  return against(globalThis.document?.baseURI ?? globalThis.location?.href, address);
}

/**
 * Of what takes events. The engine keeps queue and consent under it, and resolves it against the page's own address, whatever a
 * `<base>` says: understood otherwise here, visitors would be asked again, and what waits would not be found.
 */
export function absoluteEvents(address: string): string {
  return against(globalThis.location?.href, address);
}

function against(base: string | undefined, address: string): string {
  try {
    return new URL(address, base).href;
  } catch {
    // Nobody knows what it is relative to, as in Node; whoever fetches it says what is wrong.
    return address;
  }
}

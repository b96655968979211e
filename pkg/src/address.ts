/** An address as it is understood elsewhere too: in a worker a relative one would be relative to the worker's script. */
export function absolute(address: string): string {
  try {
    return new URL(address, globalThis.document?.baseURI ?? globalThis.location?.href).href;
  } catch {
    // Nobody knows what it is relative to, as in Node; whoever fetches it says what is wrong.
    return address;
  }
}

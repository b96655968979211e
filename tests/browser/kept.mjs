// What a page keeps in its browser, read past the package.

/** The keys of a table of the page's database; of the queue the ids, without the address before them. */
export async function keys(page, table) {
  const all = await read(page, table, undefined);
  return table === 'events' ? all.map((key) => key.split(' ').at(-1)) : all;
}

/** The device's account at the address the page's tests use, `undefined` where it has none. */
export async function account(page, path = '/v1/events') {
  const devices = JSON.parse((await read(page, 'state', 'devices')) ?? '{}');
  return devices[new URL(path, page.url()).href];
}

/** A value of the page's database; all of a table where the name is `null`, and all names where there is none. */
export function read(page, table, name) {
  return page.evaluate(([from, key]) => new Promise((done, failed) => {
    const opening = indexedDB.open('triqueta');
    opening.onerror = failed;
    opening.onsuccess = () => {
      const store = opening.result.transaction(from).objectStore(from);
      const asked = key === undefined ? store.getAllKeys() : key === null ? store.getAll() : store.get(key);
      asked.onsuccess = () => {
        opening.result.close();
        done(asked.result);
      };
    };
  }), [table, name]);
}

/** Copies of a stored event in the queue, so many, each with an id and a number of its own; gives the ids. To run in a page. */
export async function copies([of, count, more = {}]) {
  const opening = indexedDB.open('triqueta');
  await new Promise((done) => { opening.onsuccess = done; });
  const work = opening.result.transaction(['events', 'state'], 'readwrite');
  const [events, state] = [work.objectStore('events'), work.objectStore('state')];
  const get = (store, key) => new Promise((done) => { store.get(key).onsuccess = ({ target }) => done(target.result); });
  const address = new URL('/v1/events', location.href).href;
  const devices = JSON.parse(await get(state, 'devices'));
  const event = JSON.parse(await get(events, `${address} ${of}`));
  const ids = [];
  // One millisecond later, in order among themselves.
  const time = (Number.parseInt(of.replace('-', '').slice(0, 12), 16) + 1).toString(16).padStart(12, '0');
  for (let n = 1; n <= count; n += 1) {
    const id = `${time.slice(0, 8)}-${time.slice(8)}${of.slice(13, 24)}${n.toString(16).padStart(12, '0')}`;
    const copy = { ...event, ...more, id, sequence: event.sequence + n, time_ms: event.time_ms + 1 };
    events.put(JSON.stringify(copy), `${address} ${id}`);
    ids.push(id);
  }
  devices[address].sequence = event.sequence + count;
  state.put(JSON.stringify(devices), 'devices');
  await new Promise((done) => { work.oncomplete = done; });
  opening.result.close();
  return ids;
}

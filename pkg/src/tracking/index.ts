/**
 * `@triqueta/recommender/tracking`: what a page has to notice so that there is something to learn from.
 *
 * `track` wires a list by one call; its parts can be used by hand. Importing this touches no global.
 */
export { track, Tracker, type OpenDetail, type TrackOptions } from './tracker.js';
export { Views } from './views.js';
export { Reading, type Read } from './reading.js';
export { Searches, type Search } from './search.js';
export { deviceType, browserName } from './device.js';
export { noteIn, type Note, type Recorder } from './note.js';

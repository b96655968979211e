/** Where what was seen goes. */
import type { EventBody } from '../types.js';

/** Takes note of something that happened; never throws and is never waited for. */
export type Note = (body: EventBody) => void;

/** Anything that records, such as a `Recommender`. */
export interface Recorder {
  record(body: EventBody): Promise<unknown>;
}

/** Records and, where that fails, says so: a page goes on without. */
export function noteIn(recorder: Recorder): Note {
  return (body) => {
    recorder.record(body).catch((thrown: unknown) => {
      console.warn(`[triqueta] What happened (${body.kind}) could not be recorded; the page goes on.`, thrown);
    });
  };
}

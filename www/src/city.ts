/**
 * What the page assumes of its city where the bundle does not say it. Another city changes its data, and this file.
 */

/** The city's defaults. */
export const CITY = {
  name: 'Bogotá',
  timeZone: 'America/Bogota',
  currency: 'COP',
  /** Upper limits offered by the price filter. */
  priceSteps: [10_000, 20_000, 50_000],
  /** Radii offered by the distance filter, kilometres. */
  distanceSteps: [2, 5, 10],
} as const;

/** Where the page's data comes from and where its events go. */
export const CHANNEL = '/bundles/channel.json';
/** See {@link CHANNEL}. */
export const EVENTS = '/v1/events';

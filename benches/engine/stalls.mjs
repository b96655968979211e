// For how long does opening the package hold up a page? Chromium's own record of what its main thread did, task by task.

/** Of that thread: time in a task, as long as nothing else had the processor. */
const MAIN = 'CrRendererMain';

/**
 * The longest task of a page's thread, in ms, while the package opens a channel and makes lists, on a machine so many times
 * slower; the engine on that thread or in a worker.
 */
export async function longestTask(page, activities, slower, worker) {
  const browser = await page.context().newCDPSession(page);
  await browser.send('Emulation.setCPUThrottlingRate', { rate: slower });
  const record = [];
  browser.on('Tracing.dataCollected', ({ value }) => record.push(...value));
  const traceConfig = { includedCategories: ['toplevel', 'disabled-by-default-devtools.timeline'] };
  await browser.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
  await page.evaluate(opened, { channel: `/bundles/${activities}/channel.json`, worker });
  const complete = new Promise((done) => browser.once('Tracing.tracingComplete', done));
  await browser.send('Tracing.end');
  await complete;
  const thread = ({ pid, tid }) => `${pid} ${tid}`;
  const mains = new Set(record.filter(({ name, args }) => name === 'thread_name' && args.name === MAIN).map(thread));
  const tasks = record.filter((event) => event.name === 'RunTask' && mains.has(thread(event)));
  if (!tasks.length) throw new Error('Chromium recorded no task of the page: it may name them otherwise by now');
  return Math.max(...tasks.map(({ tdur }) => (tdur ?? 0) / 1000));
}

async function opened(options) {
  const { Recommender } = await import('/package/index.js');
  const recommender = await Recommender.open(options);
  for (let list = 0; list < 5; list++) {
    const { items } = await recommender.recommend();
    if (!items.length) throw new Error('an empty list');
  }
  await recommender.close();
}

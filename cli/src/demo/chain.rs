//! The whole loop, once: a city, its events over HTTP into the store, a training on what the store holds, a published
//! bundle, a server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use triqueta::event::{DeviceId, Event};
use triqueta_server::store::{Watermark, export};
use triqueta_server::{RunningServer, ServerConfig, serve};
use triqueta_trainer::dataset::{Dataset, Lineage, VisitorRecord};
use triqueta_trainer::evaluate::RankingMetrics;
use triqueta_trainer::influence::{INFLUENCE_CAP, cap_influence};
use triqueta_trainer::progress::Progress;
use triqueta_trainer::publish::{Registry, publish_training, seal_training};
use triqueta_trainer::train::{TrainOptions, train};

use super::error::{DemoError, Result};
use super::home::{Home, Mark};
use super::judge::{MeanRegret, regrets};
use super::schedule::activities;
use super::send::send;
use super::simulate::{Plan, Simulation};
use super::visitor::Visitor;

/// Visitors compared for the report: one in so many.
const JUDGED: usize = 6;
/// Why the demo publishes what the gate refuses: it is there to show what was learned, whatever that is worth.
const SHOWN_ANYWAY: &str = "a demonstration shows what was learned";
/// The variant that is published.
const VARIANT: &str = "default";

/// What a demo is made from.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Seed, day and number of visitors.
    pub plan: Plan,
    /// The demo's folder.
    pub out: PathBuf,
    /// The page's folder, if the page is to be served.
    pub www: Option<PathBuf>,
    /// Where to listen; 0 takes any free port.
    pub port: u16,
    /// Start from nothing even where the folder holds this very city.
    pub fresh: bool,
    /// Learn again from what the store holds by now, the page's own events among it.
    pub retrain: bool,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Where the page is.
    pub url: String,
    /// The published bundle.
    pub bundle: String,
    /// Whether a demo made before is served again.
    pub reused: bool,
    /// Activities in the catalogue.
    pub activities: usize,
    /// Simulated visitors.
    pub visitors: usize,
    /// Events in the store.
    pub events: u64,
    /// The regret of each way of ranking against the oracle; empty where a demo is reused.
    pub regret: Vec<MeanRegret>,
    /// How well each model ranked the last choices before the city's day, which it had not seen; empty where reused.
    pub offline: Vec<(String, RankingMetrics)>,
    /// What the gate would have refused the bundle for; empty where it passed, and where reused.
    pub refused: Vec<String>,
    /// What was done, and how many seconds it took.
    pub seconds: Vec<(&'static str, f64)>,
}

/// A demo city that is being served.
pub struct Demo {
    /// What was made.
    pub report: Report,
    runtime: Runtime,
    server: RunningServer,
    stop: oneshot::Sender<()>,
}

impl Demo {
    /// Makes the city, or takes the one the folder holds, and serves it.
    ///
    /// # Errors
    /// [`DemoError`] names the stage that failed. What was stored stays and is used by the next run.
    pub fn start(options: &DemoOptions, progress: &dyn Progress) -> Result<Self> {
        let mark = Mark::of(
            options.plan,
            &activities(options.plan.seed, options.plan.day)?,
        );
        let home = Home::open(&options.out, mark, options.fresh)?;
        let runtime = Runtime::new().map_err(|cause| DemoError::Runtime { cause })?;
        let (stop, stopped) = oneshot::channel();
        let config = ServerConfig {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), options.port),
            www: options.www.clone(),
            ..ServerConfig::new(home.registry(), home.store())
        };
        let server = runtime.block_on(serve(config, async {
            let _ = stopped.await;
        }))?;
        let clock = Clock {
            progress,
            seconds: Vec::new(),
        };
        let made = Making {
            options,
            home,
            runtime: &runtime,
            server: &server,
            clock,
        }
        .run();
        match made {
            Ok(report) => Ok(Self {
                report,
                runtime,
                server,
                stop,
            }),
            Err(error) => {
                let _ = stop.send(());
                runtime.block_on(server.stopped())?;
                Err(error)
            }
        }
    }

    /// Serves until `progress` says that the work should stop.
    ///
    /// # Errors
    /// [`DemoError::Server`] when the server ended badly.
    pub fn serve_until_cancelled(self, progress: &dyn Progress) -> Result<()> {
        while !progress.cancelled() {
            std::thread::sleep(Duration::from_millis(100));
        }
        self.stop()
    }

    /// Stops serving.
    ///
    /// # Errors
    /// [`DemoError::Server`] when the server ended badly.
    pub fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        Ok(self.runtime.block_on(self.server.stopped())?)
    }
}

/// Announces stages and remembers how long each took.
struct Clock<'a> {
    progress: &'a dyn Progress,
    seconds: Vec<(&'static str, f64)>,
}

impl Clock<'_> {
    fn time<T>(
        &mut self,
        stage: &'static str,
        total: Option<u64>,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.progress.begin(stage, total);
        let began = Instant::now();
        let outcome = work();
        self.seconds.push((stage, began.elapsed().as_secs_f64()));
        outcome
    }
}

/// What the stages share.
struct Making<'a> {
    options: &'a DemoOptions,
    home: Home,
    runtime: &'a Runtime,
    server: &'a RunningServer,
    clock: Clock<'a>,
}

impl Making<'_> {
    /// City, events through HTTP, data set from the store, training, publication, the oracle's view: whatever of it is
    /// not done yet.
    fn run(mut self) -> Result<Report> {
        let registry = Registry::at(self.home.registry());
        let reused =
            self.home.mark.events_sent && !self.options.retrain && registry.engine(VARIANT).is_ok();
        let (mut regret, mut offline, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        if !reused {
            let city = self.city()?;
            self.send_events(&city)?;
            let mut dataset = self.read_store(&city)?;
            // As every training from a store does; nobody of the city says as much.
            cap_influence(&mut dataset, INFLUENCE_CAP, self.options.plan.seed);
            (offline, refused) = self.train_and_publish(&dataset, &registry)?;
            let engine = registry.engine(VARIANT)?;
            regret = self.clock.time("asking the oracle", None, || {
                regrets(&city, &engine, JUDGED)
            })?;
        }
        let engine = registry.engine(VARIANT)?;
        Ok(Report {
            url: self.server.url(),
            bundle: engine.bundle().id.clone(),
            reused,
            activities: engine.bundle().catalog.len(),
            visitors: self.options.plan.visitors,
            events: self
                .runtime
                .block_on(async { self.server.store().count().await })?,
            regret,
            offline,
            refused,
            seconds: self.clock.seconds,
        })
    }

    fn city(&mut self) -> Result<Simulation> {
        let (plan, progress) = (self.options.plan, self.clock.progress);
        self.clock.time("living in the city", None, || {
            Simulation::run(plan, &mut |_| !progress.cancelled())
        })
    }

    fn send_events(&mut self, city: &Simulation) -> Result<()> {
        if self.home.mark.events_sent {
            return Ok(());
        }
        let devices: Vec<(DeviceId, &[Event])> = city
            .uploads()
            .map(|(visitor, events)| (visitor.device, events))
            .collect();
        let total = devices.iter().map(|(_, events)| events.len() as u64).sum();
        let url = format!("http://{}/v1/events", self.server.address());
        let progress = self.clock.progress;
        self.clock.time("sending events", Some(total), || {
            send(&url, &devices, progress)
        })?;
        self.home.note_events_sent()
    }

    /// Everything the store holds, with the catalogue and what signed-in visitors declared.
    fn read_store(&mut self, city: &Simulation) -> Result<Dataset> {
        let (runtime, store) = (self.runtime, self.server.store());
        let record = |visitor: &Visitor| {
            visitor.user.clone().map(|user| VisitorRecord {
                user,
                profile: visitor.profile.clone(),
            })
        };
        self.clock.time("reading the store", None, || {
            let mut events = Vec::new();
            runtime.block_on(export(&*store, Watermark::default(), |stored| {
                events.push(stored.event)
            }))?;
            let visitors = city.visitors.iter().filter_map(record).collect();
            let lineage = Lineage {
                name: "demo-city".into(),
                simulated: true,
                ..Lineage::default()
            };
            Ok(Dataset::new(
                city.city.clone(),
                city.activities.clone(),
                visitors,
                events,
                lineage,
            )?)
        })
    }

    fn train_and_publish(
        &mut self,
        dataset: &Dataset,
        registry: &Registry,
    ) -> Result<(Vec<(String, RankingMetrics)>, Vec<String>)> {
        let (seed, progress) = (self.options.plan.seed, self.clock.progress);
        let options = TrainOptions {
            seed,
            ..TrainOptions::default()
        };
        let trained = self
            .clock
            .time("training", None, || Ok(train(dataset, &options, progress)?))?;
        let offline = trained.judged.metrics();
        self.clock.time("publishing", None, || {
            let sealed = seal_training(dataset, trained, seed)?;
            let now_ms = Timestamp::now().as_millisecond();
            let trained = (sealed.id.as_str(), &sealed.files);
            let gated = publish_training(registry, trained, VARIANT, Some(SHOWN_ANYWAY), now_ms)?;
            let refused = gated.verdict.reasons().into_iter().map(str::to_owned);
            Ok((offline, refused.collect()))
        })
    }
}

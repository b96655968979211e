//! The whole loop, once: a city, its events over HTTP into the store, a training on what the store holds, a published
//! bundle, a server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use triqueta::event::{DeviceId, Event};
use triqueta_server::store::{Watermark, export};
use triqueta_server::{RunningServer, ServerConfig, serve};
use triqueta_trainer::dataset::{Dataset, Lineage, VisitorRecord};
use triqueta_trainer::progress::Progress;
use triqueta_trainer::publish::{Registry, draft_of_training, seal_draft};
use triqueta_trainer::train::{TrainOptions, train};

use super::error::{DemoError, Result};
use super::home::{Home, Mark};
use super::judge::{MeanRegret, regrets};
use super::send::{Receipt, send};
use super::simulate::{Plan, Simulation};

/// Visitors compared for the report: one in so many.
const JUDGED: usize = 6;
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
        progress.begin("drawing the city", None);
        let simulation = Simulation::run(options.plan, &mut |_| !progress.cancelled())?;
        let mark = Mark::of(options.plan, &simulation.activities);
        let mut home = Home::open(&options.out, mark, options.fresh)?;
        let runtime = Runtime::new().map_err(|cause| DemoError::Runtime { cause })?;
        let (stop, stopped) = oneshot::channel();
        let server = runtime.block_on(serve(config(options, &home), async {
            let _ = stopped.await;
        }))?;
        let made = make(&simulation, &mut home, &runtime, &server, options.plan.seed, progress);
        match made {
            Ok(report) => Ok(Self { report, runtime, server, stop }),
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

/// Events through HTTP, data set from the store, training, publication: whatever of it is not done yet.
fn make(
    simulation: &Simulation,
    home: &mut Home,
    runtime: &Runtime,
    server: &RunningServer,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Report> {
    if !home.mark.events_sent {
        send_events(simulation, server, progress)?;
        home.note_events_sent()?;
    }
    let registry = Registry::at(home.registry());
    let reused = registry.engine(VARIANT).is_ok();
    if !reused {
        let dataset = dataset(simulation, runtime, server, progress)?;
        let trained = train(&dataset, &TrainOptions { seed, ..TrainOptions::default() }, progress)?;
        progress.begin("publishing", None);
        let draft = draft_of_training(&dataset, trained, seed)?;
        let (id, files) = seal_draft(&draft)?;
        registry.publish(&id, &files, VARIANT, "training", Timestamp::now().as_millisecond())?;
    }
    let engine = registry.engine(VARIANT)?;
    let regret = if reused { Vec::new() } else { regrets(simulation, &engine, JUDGED)? };
    let events = runtime.block_on(async { server.store().count().await }).map_err(DemoError::from)?;
    Ok(Report {
        url: server.url(),
        bundle: engine.bundle().id.clone(),
        reused,
        activities: simulation.activities.len(),
        visitors: simulation.visitors.len(),
        events,
        regret,
    })
}

fn config(options: &DemoOptions, home: &Home) -> ServerConfig {
    ServerConfig {
        address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), options.port),
        www: options.www.clone(),
        ..ServerConfig::new(home.registry(), home.store())
    }
}

fn send_events(simulation: &Simulation, server: &RunningServer, progress: &dyn Progress) -> Result<Receipt> {
    let devices: Vec<(DeviceId, &[Event])> =
        simulation.uploads().map(|(visitor, events)| (visitor.device, events)).collect();
    let total = devices.iter().map(|(_, events)| events.len() as u64).sum();
    progress.begin("sending events", Some(total));
    let url = format!("http://{}/v1/events", server.address());
    send(&url, &devices, progress)
}

/// Everything the store holds, with the catalogue and what signed-in visitors declared.
fn dataset(
    simulation: &Simulation,
    runtime: &Runtime,
    server: &RunningServer,
    progress: &dyn Progress,
) -> Result<Dataset> {
    progress.begin("reading the store", None);
    let mut events = Vec::new();
    let store = server.store();
    runtime
        .block_on(export(&*store, Watermark::default(), |stored| events.push(stored.event)))
        .map_err(DemoError::from)?;
    let record = |visitor: &super::visitor::Visitor| {
        visitor.user.clone().map(|user| VisitorRecord { user, profile: visitor.profile.clone() })
    };
    let lineage = Lineage { name: "demo-city".into(), simulated: true, ..Lineage::default() };
    let visitors = simulation.visitors.iter().filter_map(record).collect();
    Ok(Dataset::new(simulation.city.clone(), simulation.activities.clone(), visitors, events, lineage)?)
}

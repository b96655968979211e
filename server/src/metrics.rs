//! What is counted, and under which names?

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::store::Statistics;

/// Upper bounds in seconds, from a file in memory to a disk that struggles.
const LATENCY_BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// What became of one received event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    Stored,
    Duplicate,
    Conflicting,
    Rejected,
}

impl Fate {
    fn labels(self) -> FateLabels {
        let fate = match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Conflicting => "conflicting",
            Self::Rejected => "rejected",
        };
        FateLabels { fate }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FateLabels {
    fate: &'static str,
}

type IntegerGauge = Gauge<u64, AtomicU64>;

/// Everything `/metrics` tells.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabels, Histogram, fn() -> Histogram>,
    events: Family<FateLabels, Counter>,
    store_events: IntegerGauge,
    store_bytes: IntegerGauge,
    store_devices: IntegerGauge,
    missing: IntegerGauge,
    dropped: IntegerGauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            latency: Family::new_with_constructor(|| Histogram::new(LATENCY_BUCKETS)),
            events: Family::default(),
            store_events: IntegerGauge::default(),
            store_bytes: IntegerGauge::default(),
            store_devices: IntegerGauge::default(),
            missing: IntegerGauge::default(),
            dropped: IntegerGauge::default(),
        };
        // Known from the first scrape on, so that a rate over them never starts with a gap.
        for fate in [
            Fate::Stored,
            Fate::Duplicate,
            Fate::Conflicting,
            Fate::Rejected,
        ] {
            drop(metrics.events.get_or_create(&fate.labels()));
        }
        metrics.register()
    }

    fn register(mut self) -> Self {
        let registry = self.registry.sub_registry_with_prefix("triqueta");
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time to answer",
            Unit::Seconds,
            self.latency.clone(),
        );
        registry.register(
            "events",
            "Events received, by what became of them",
            self.events.clone(),
        );
        registry.register(
            "store_events",
            "Events in the store",
            self.store_events.clone(),
        );
        registry.register_with_unit(
            "store",
            "Size of the store on disk",
            Unit::Bytes,
            self.store_bytes.clone(),
        );
        registry.register(
            "store_devices",
            "Devices heard of within the retention",
            self.store_devices.clone(),
        );
        registry.register(
            "events_missing",
            "Gaps in the devices' sequence numbers",
            self.missing.clone(),
        );
        registry.register(
            "events_dropped",
            "Events the devices say they dropped",
            self.dropped.clone(),
        );
        self
    }

    pub(crate) fn count_event(&self, fate: Fate) {
        self.events.get_or_create(&fate.labels()).inc();
    }

    pub(crate) fn count_request(&self, route: &str, method: &str, status: u16, took: Duration) {
        let labels = RequestLabels {
            route: route.to_owned(),
            method: method.to_owned(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
        self.latency
            .get_or_create(&RouteLabels {
                route: route.to_owned(),
            })
            .observe(took.as_secs_f64());
    }

    /// The text of a scrape. Without statistics, because the store does not answer, its numbers stay as they were.
    pub(crate) fn encode(&self, statistics: Option<Statistics>) -> String {
        if let Some(statistics) = statistics {
            self.store_events.set(statistics.events);
            self.store_bytes.set(statistics.bytes);
            self.store_devices.set(statistics.devices);
            self.missing.set(statistics.missing);
            self.dropped.set(statistics.dropped);
        }
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            tracing::error!("the metrics could not be written");
        }
        text
    }
}

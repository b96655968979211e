//! A server with its folders, for one test.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use triqueta::event::{DeviceId, Event};
use triqueta_server::store::{EventStore, StoreError, StoredEvent, Watermark, export};
use triqueta_server::{RunningServer, ServerConfig, ServerError, serve};

use crate::client::{Reply, send};
use crate::sample;

pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) address: SocketAddr,
    runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
    server: Option<RunningServer>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::try_with(change).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_with(change: impl FnOnce(&mut ServerConfig)) -> Result<Self, ServerError> {
        let folder = tempfile::tempdir().unwrap();
        let bundles = folder.path().join("bundles");
        std::fs::create_dir(&bundles).unwrap();
        let mut config = ServerConfig::new(bundles, folder.path().join("events.sqlite"));
        config.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        change(&mut config);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = runtime.block_on(serve(config, async move {
            let _ = stopped.await;
        }))?;
        Ok(Self {
            folder,
            address: server.address(),
            runtime,
            stop: Some(stop),
            server: Some(server),
        })
    }

    pub(crate) fn store_path(&self) -> PathBuf {
        self.folder.path().join("events.sqlite")
    }

    /// Writes a file below the served bundles.
    pub(crate) fn publish(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.path().join("bundles").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_bytes(path, &[JSON], body.to_string().as_bytes())
    }

    pub(crate) fn post_bytes(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        send(self.address, "POST", path, headers, body).expect("an answer")
    }

    /// Sends events that must be answered with a verdict each, and returns the verdicts.
    pub(crate) fn deliver(&self, device: DeviceId, events: &[Event]) -> Vec<String> {
        let reply = self.post("/v1/events", &sample::batch(device, events));
        assert_eq!(reply.status, 200, "{}", reply.text());
        verdicts(&reply)
    }

    pub(crate) fn store(&self) -> std::sync::Arc<dyn EventStore> {
        self.server.as_ref().unwrap().store()
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub(crate) fn stored(&self) -> Vec<StoredEvent> {
        self.block_on(read_all(&*self.store())).unwrap()
    }

    /// Asks the server to stop without waiting for it.
    pub(crate) fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Stops the server, waits for its end and keeps the folder.
    pub(crate) fn stop(&mut self) {
        self.begin_stop();
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stopped()).unwrap();
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.begin_stop();
        if let Some(server) = self.server.take() {
            let _ = self.runtime.block_on(server.stopped());
        }
    }
}

pub(crate) async fn read_all(store: &dyn EventStore) -> Result<Vec<StoredEvent>, StoreError> {
    let mut all = Vec::new();
    export(store, Watermark::default(), |stored| all.push(stored)).await?;
    Ok(all)
}

pub(crate) fn verdicts(reply: &Reply) -> Vec<String> {
    let json = reply.json();
    json["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|verdict| verdict["verdict"].as_str().unwrap().to_owned())
        .collect()
}

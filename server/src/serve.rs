//! How does a server begin, run and end?

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::{HeaderValue, Uri};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::admission::Door;
use crate::config::ServerConfig;
use crate::connections::{Entrance, as_the_system_allows};
use crate::error::ServerError;
use crate::metrics::Metrics;
use crate::routes::{Shared, router};
use crate::secret::Secret;
use crate::store::EventStore;

/// How long requests may take to finish once the server was asked to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How often events past their retention are looked for.
const EXPIRY_PERIOD: Duration = Duration::from_secs(3_600);
/// How often devices and addresses that have not sent for a while are forgotten.
const FORGETTING_PERIOD: Duration = Duration::from_secs(60);

/// A server that accepts requests.
pub struct RunningServer {
    address: SocketAddr,
    store: Arc<dyn EventStore>,
    task: JoinHandle<Result<(), ServerError>>,
}

impl RunningServer {
    /// Where it listens, with the port it was given.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to open in a browser.
    pub fn url(&self) -> String {
        let port = self.address.port();
        match self.address {
            _ if self.address.ip().is_unspecified() || self.address.ip().is_loopback() => {
                format!("http://localhost:{port}")
            }
            SocketAddr::V4(address) => format!("http://{}:{port}", address.ip()),
            SocketAddr::V6(address) => format!("http://[{}]:{port}", address.ip()),
        }
    }

    /// The store the server writes to, for reading beside it.
    pub fn store(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store)
    }

    /// Waits until it has stopped: `shutdown` completed, requests were finished, the store was closed.
    ///
    /// # Errors
    /// [`ServerError::Stopped`] when it ended on its own.
    pub async fn stopped(self) -> Result<(), ServerError> {
        self.task.await.unwrap_or_else(|error| {
            Err(ServerError::Stopped {
                detail: error.to_string(),
            })
        })
    }
}

/// Starts a server; when this returns it accepts requests. It stops when `shutdown` completes. Needs a tokio runtime.
///
/// # Errors
/// [`ServerError`] names what is wrong with the address, a folder, an origin or the store.
pub async fn serve(
    config: ServerConfig,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<RunningServer, ServerError> {
    check_folders(&config)?;
    let origins = config
        .allowed_origins
        .iter()
        .map(|origin| parse_origin(origin))
        .collect::<Result<Vec<_>, _>>()?;
    let sites = config
        .sites
        .iter()
        .map(|site| Ok((parse_origin(&site.origin)?, Secret::new(&site.write_key))))
        .collect::<Result<Vec<_>, ServerError>>()?;
    // A site's pages read the answers too.
    let origins: Vec<HeaderValue> = origins
        .into_iter()
        .chain(sites.iter().map(|(origin, _)| origin.clone()))
        .collect();
    let door = Door::new(
        config.behind_proxy,
        config.rate_limits,
        origins.clone(),
        sites,
    );
    let listener = bind(config.address).await?;
    let address = listener
        .local_addr()
        .map_err(|cause| ServerError::Address {
            address: config.address,
            cause,
        })?;
    let store = config.store.open(true, config.store_limit_bytes).await?;
    let shared = Shared {
        store: Arc::clone(&store),
        metrics: Arc::new(Metrics::new()),
        door: Arc::new(door),
        admin_token: config.admin_token.as_deref().map(Secret::new).map(Arc::new),
        bundles: Arc::new(config.bundles),
        www: config.www.map(Arc::new),
    };
    let entrance = Entrance::new(listener, as_the_system_allows(config.connections));
    let task = tokio::spawn(run(entrance, shared, origins, config.retention, shutdown));
    tracing::info!(port = address.port(), "listening");
    Ok(RunningServer {
        address,
        store,
        task,
    })
}

async fn run(
    entrance: Entrance,
    shared: Shared,
    origins: Vec<HeaderValue>,
    retention: Duration,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    let store = Arc::clone(&shared.store);
    let expiry = tokio::spawn(expire(Arc::clone(&store), retention));
    let forgetting = tokio::spawn(forget_the_idle(Arc::clone(&shared.door)));
    let (stopping, stop_began) = oneshot::channel();
    // Untouched: by this the address of a connection is passed on.
    let entrance = entrance.tap_io(|_| {});
    let serving = axum::serve(
        entrance,
        router(shared, origins).into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(async move {
        shutdown.await;
        tracing::info!("stopping: finishing the requests that are under way");
        let _ = stopping.send(());
    });
    let patience = async {
        let _ = stop_began.await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = serving.into_future() => served,
        () = patience => {
            tracing::warn!("some requests did not finish in time and were cut off");
            Ok(())
        }
    };
    expiry.abort();
    forgetting.abort();
    store.close().await;
    tracing::info!("stopped");
    served.map_err(|error| ServerError::Stopped {
        detail: error.to_string(),
    })
}

async fn expire(store: Arc<dyn EventStore>, retention: Duration) {
    let retention_ms = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let mut period = tokio::time::interval(EXPIRY_PERIOD);
    loop {
        period.tick().await;
        match store.expire(now_ms().saturating_sub(retention_ms)).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "events past their retention were deleted"),
            Err(error) => {
                tracing::warn!(%error, "events past their retention could not be deleted")
            }
        }
    }
}

async fn forget_the_idle(door: Arc<Door>) {
    let mut period = tokio::time::interval(FORGETTING_PERIOD);
    loop {
        period.tick().await;
        door.forget_the_idle();
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address)
        .await
        .map_err(|cause| match cause.kind() {
            ErrorKind::AddrInUse => ServerError::PortBusy { address },
            _ => ServerError::Address { address, cause },
        })
}

fn check_folders(config: &ServerConfig) -> Result<(), ServerError> {
    let missing = |what, path: &Path, cure| {
        Err(ServerError::Missing {
            what,
            path: path.display().to_string(),
            cure,
        })
    };
    if !config.bundles.is_dir() {
        return missing(
            "folder of bundles",
            &config.bundles,
            "publish a bundle into it first or name another folder",
        );
    }
    if let Some(www) = &config.www {
        let index = www.join("index.html");
        if !index.is_file() {
            return missing(
                "page",
                &index,
                "build the page first, name its folder, or leave it out",
            );
        }
    }
    Ok(())
}

fn parse_origin(origin: &str) -> Result<HeaderValue, ServerError> {
    let wrong = || ServerError::Origin {
        origin: origin.to_owned(),
    };
    let uri: Uri = origin.parse().map_err(|_| wrong())?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    // What a browser sends has no path, not even `/`.
    if !is_web
        || uri.authority().is_none()
        || uri.path() != "/"
        || uri.query().is_some()
        || origin.ends_with('/')
    {
        return Err(wrong());
    }
    HeaderValue::from_str(origin).map_err(|_| wrong())
}

/// The server's clock, Unix ms.
pub(crate) fn now_ms() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

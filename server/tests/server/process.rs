//! A server in a process of its own, so that it can be killed.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use triqueta_server::store::StorePlace;
use triqueta_server::{ServerConfig, serve};

const FOLDER: &str = "TRIQUETA_TEST_SERVE";
const STORE: &str = "TRIQUETA_TEST_STORE";
const LISTENING: &str = "listening in process ";

/// Run by a test that starts itself again: serves the folder for ever where the variable is set.
pub(crate) fn serve_if_asked() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let folder = PathBuf::from(folder);
    let store: StorePlace = std::env::var(STORE).unwrap().parse().unwrap();
    let mut config = ServerConfig::new(&folder, store);
    config.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = serve(config, std::future::pending()).await.unwrap();
        let port = server.address().port();
        println!("\n{LISTENING}{} on port {port}", std::process::id());
        server.stopped().await.unwrap();
    });
}

pub(crate) struct ServerProcess {
    child: Child,
    /// Of the server itself: what was started may be a tracer of it.
    id: u32,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// Starts the test `name` of this program again, as a server, with `limits` run by the shell before it.
    pub(crate) fn start(folder: &Path, store: &str, name: &str, limits: &str) -> Self {
        Self::try_start(folder, store, name, &format!("{limits} exec"))
            .expect("the server says where it listens")
    }

    /// As [`Self::start`], with `before` put before the command; nothing where it ends before it listens.
    pub(crate) fn try_start(folder: &Path, store: &str, name: &str, before: &str) -> Option<Self> {
        let mut child = Command::new("sh")
            .args([
                "-c",
                &format!("{before} \"$0\" --exact {name} --nocapture --test-threads=1"),
            ])
            .arg(std::env::current_exe().unwrap())
            .env(FOLDER, folder)
            .env(STORE, store)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.map_while(Result::ok).find_map(|line| {
            let (id, port) = line.strip_prefix(LISTENING)?.split_once(" on port ")?;
            Some((id.parse().ok()?, port.parse().ok()?))
        });
        let Some((id, port)) = said else {
            child.wait().unwrap();
            return None;
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Some(Self { child, id, address })
    }

    /// As `kill -9`: the process gets no chance to finish anything.
    pub(crate) fn kill(&mut self) {
        kill(self.id);
        self.child.wait().unwrap();
    }
}

fn kill(id: u32) {
    let _ = Command::new("kill")
        .args(["-9", &id.to_string()])
        .stderr(Stdio::null())
        .status();
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            kill(self.id);
        }
        let _ = self.child.wait();
    }
}

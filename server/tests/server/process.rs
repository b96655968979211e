//! A server in a process of its own, so that it can be killed.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use triqueta_server::store::StorePlace;
use triqueta_server::{ServerConfig, serve};

const FOLDER: &str = "TRIQUETA_TEST_SERVE";
const STORE: &str = "TRIQUETA_TEST_STORE";
const LISTENING: &str = "listening on port ";

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
        println!("\n{LISTENING}{}", server.address().port());
        server.stopped().await.unwrap();
    });
}

pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// Starts the test `name` of this program again, as a server, with `limits` run by the shell before it.
    pub(crate) fn start(folder: &Path, store: &str, name: &str, limits: &str) -> Self {
        let mut child = Command::new("sh")
            .args([
                "-c",
                &format!("{limits} exec \"$0\" --exact {name} --nocapture --test-threads=1"),
            ])
            .arg(std::env::current_exe().unwrap())
            .env(FOLDER, folder)
            .env(STORE, store)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix(LISTENING)?.parse().ok());
        let address = SocketAddr::from((
            Ipv4Addr::LOCALHOST,
            port.expect("the server says where it listens"),
        ));
        Self { child, address }
    }

    /// As `kill -9`: the process gets no chance to finish anything.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

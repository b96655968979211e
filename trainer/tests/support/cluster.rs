//! A throw-away PostgreSQL cluster: made in a temporary folder, on a free port, stopped and removed afterwards.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A running cluster.
pub(crate) struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Cluster {
    /// Starts one. The programs are looked for where Debian has them and then on the path.
    pub(crate) fn start() -> Self {
        let debian = Path::new("/usr/lib/postgresql/15/bin");
        let programs = if debian.join("initdb").is_file() {
            debian
        } else {
            Path::new("/usr/local/bin")
        };
        let programs = programs.to_owned();
        assert!(
            programs.join("initdb").is_file(),
            "initdb is missing: apt-get install postgresql"
        );
        let folder = tempfile::Builder::new()
            .prefix("triqueta-postgres-")
            .tempdir()
            .unwrap();
        // The cluster belongs to an unprivileged user, who must be able to enter.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let cluster = Self {
            folder,
            programs,
            port,
        };
        let data = cluster.data();
        cluster.run(
            "initdb",
            &[
                "-D",
                &data,
                "-U",
                "triqueta",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ],
        );
        let socket = cluster.folder.path().display();
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -k {socket} -c fsync=off -c timezone=America/Bogota"
        );
        let log = format!("{socket}/log");
        cluster.run(
            "pg_ctl",
            &[
                "-D", &data, "-l", &log, "-w", "-t", "60", "-o", &options, "start",
            ],
        );
        cluster
    }

    /// The URL of its database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://triqueta@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs statements.
    pub(crate) fn execute(&self, sql: &str) {
        let script = self.folder.path().join("script.sql");
        fs::write(&script, sql).unwrap();
        let script = script.display().to_string();
        self.run(
            "psql",
            &["-q", "-v", "ON_ERROR_STOP=1", "-f", &script, &self.url()],
        );
    }

    /// Stops the server at once; what it held is lost.
    pub(crate) fn stop(&self) {
        self.run(
            "pg_ctl",
            &["-D", &self.data(), "-m", "immediate", "-w", "stop"],
        );
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// PostgreSQL refuses to run as root.
    fn run(&self, program: &str, arguments: &[&str]) {
        let path = self.programs.join(program);
        let is_root = Command::new("id")
            .arg("-u")
            .output()
            .unwrap()
            .stdout
            .starts_with(b"0\n");
        let mut command = if is_root {
            let mut command = Command::new("setpriv");
            let user = if Command::new("id")
                .arg("postgres")
                .output()
                .unwrap()
                .status
                .success()
            {
                "postgres"
            } else {
                "nobody"
            };
            command.args(["--reuid", user, "--clear-groups"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        // The server outlives pg_ctl and would keep a pipe open.
        let log = fs::File::create(self.folder.path().join(format!("{program}.log"))).unwrap();
        let status = command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .status()
            .unwrap();
        let log = || fs::read_to_string(self.folder.path().join(format!("{program}.log"))).unwrap();
        assert!(status.success(), "{program} failed: {}", log());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if Path::new(&self.data()).join("postmaster.pid").exists() {
            self.stop();
        }
    }
}

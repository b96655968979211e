//! `triqueta serve` as an operator runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

fn serve(folder: &Path, port: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_triqueta"));
    command
        .args(["--json", "serve", "--port", port, "--bundles"])
        .arg(folder);
    command
        .arg("--store")
        .arg(folder.join("events.sqlite"))
        .stdin(Stdio::null());
    command
}

/// The running program and its port.
fn start(folder: &Path) -> (Child, String) {
    let mut child = serve(folder, "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stdout.as_mut().unwrap())
        .lines()
        .map_while(Result::ok)
    {
        said.push_str(&line);
        if line == "}" {
            break;
        }
    }
    let said: Value = serde_json::from_str(&said).unwrap();
    let port = said["url"]
        .as_str()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    (child, port)
}

fn health(port: &str) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_says_where_it_serves_and_ends_cleanly_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    // At once too: whoever knows where it serves may end it.
    for (signal, is_asked_before) in [
        ("-INT", true),
        ("-TERM", true),
        ("-INT", false),
        ("-TERM", false),
    ] {
        let (mut child, port) = start(folder.path());
        if is_asked_before {
            assert!(health(&port).starts_with("HTTP/1.1 200"));
        }
        assert!(
            Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        assert!(child.wait().unwrap().success(), "{signal}");
        let left = folder.path().join("events.sqlite-wal");
        assert!(!left.exists(), "{signal}: the store was closed");
    }
}

#[test]
fn secrets_that_are_none_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let short = folder.path().join("token");
    std::fs::write(&short, "hunter2\n").unwrap();
    for file in [&short, &folder.path().join("absent")] {
        let mut command = serve(folder.path(), "0");
        let refused = command
            .arg("--admin-token-file")
            .arg(file)
            .output()
            .unwrap();
        assert_eq!(refused.status.code(), Some(1));
        let error: Value = serde_json::from_slice(&refused.stderr).unwrap();
        assert_eq!(error["code"], "SERVER_ADMIN_TOKEN");
        assert!(!error["message"].as_str().unwrap().contains("hunter2"));
    }
    let mut command = serve(folder.path(), "0");
    let refused = command
        .args(["--site", "https://a.example=abc"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("at least 8"));
}

#[test]
fn a_busy_port_is_one_error_with_its_cure() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, port) = start(folder.path());
    let refused = serve(folder.path(), &port).output().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    let error: Value = serde_json::from_slice(&refused.stderr).unwrap();
    assert_eq!(error["code"], "SERVER_PORT_BUSY");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("choose another port")
    );
}

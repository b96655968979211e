//! Ctrl-C: the first asks the work to stop and to leave nothing half-written, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::failure::Failure;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// What shells expect of a program ended by Ctrl-C.
const EXIT_CODE: i32 = 130;

/// Listens from now on.
pub(crate) fn watch() -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            "INTERRUPT_UNAVAILABLE",
            format!("cannot listen for Ctrl-C: {error}; free some memory or threads"),
        )
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(failed)?;
    let listen = move || {
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if INTERRUPTED.swap(true, Ordering::Relaxed) {
                    std::process::exit(EXIT_CODE);
                }
            }
        });
    };
    thread::Builder::new()
        .name("ctrl-c".to_owned())
        .spawn(listen)
        .map(drop)
        .map_err(failed)
}

/// Whether somebody pressed Ctrl-C.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

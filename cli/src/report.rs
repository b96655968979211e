//! What the person at the keyboard sees.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use triqueta_trainer::progress::Progress;

use crate::failure::Failure;
use crate::interrupt::interrupted;

/// Standard output for results, standard error for the rest.
pub(crate) struct Console {
    json: bool,
    quiet: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Console {
    /// `json` prints results as JSON, `quiet` silences bars and notes.
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self {
            json,
            quiet,
            bar: Mutex::new(None),
        }
    }

    /// Prints the result: as JSON where that was asked for, else as text.
    ///
    /// # Errors
    /// [`Failure`] if standard output is closed.
    pub(crate) fn result(
        &self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        self.finish();
        let text = if self.json {
            serde_json::to_string_pretty(value).map_err(|error| {
                Failure::new(
                    "OUTPUT_FAILED",
                    format!("the result is not JSON: {error}; report it"),
                )
            })?
        } else {
            text()
        };
        match writeln!(std::io::stdout().lock(), "{text}") {
            // Whoever reads only the first lines has seen enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => {
                let message =
                    format!("cannot write to standard output: {error}; free some space there");
                Err(Failure::new("OUTPUT_FAILED", message))
            }
            Ok(()) => Ok(()),
        }
    }

    /// Prints a note on standard error, unless quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.finish();
            to_stderr(text);
        }
    }

    /// Prints an error on standard error, as JSON where that was asked for.
    pub(crate) fn error(&self, failure: &Failure) {
        let text = if self.json {
            serde_json::to_string(failure).ok()
        } else {
            None
        };
        to_stderr(&text.unwrap_or_else(|| failure.to_string()));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Ok(mut bar) = self.bar.lock()
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Console {
    fn begin(&self, step: &str, total: Option<u64>) {
        if self.quiet || !std::io::stderr().is_terminal() {
            return;
        }
        self.finish();
        let (bar, template) = match total {
            Some(total) => (
                ProgressBar::new(total),
                "{msg:24} {wide_bar} {percent:>3} %  {eta}",
            ),
            None => (ProgressBar::new_spinner(), "{msg:24} {spinner} {elapsed}"),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(step.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        if let Ok(mut place) = self.bar.lock() {
            *place = Some(bar);
        }
    }

    fn advance(&self, units: u64) {
        if let Ok(bar) = self.bar.lock()
            && let Some(bar) = bar.as_ref()
        {
            bar.inc(units);
        }
    }

    fn cancelled(&self) -> bool {
        interrupted()
    }
}

fn to_stderr(text: &str) {
    // If standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

//! Bytes that are copied when they are read, as in a browser.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use triqueta::catalog::BlobSource;

/// A file that does not lie in memory, and how much was read of it each time.
#[derive(Default)]
pub struct Elsewhere {
    pub bytes: Vec<u8>,
    pub lengths: Arc<Mutex<Vec<usize>>>,
}

impl BlobSource for Elsewhere {
    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        self.lengths.lock().unwrap().push(range.len());
        Some(self.bytes.get(range)?.to_vec().into())
    }
}

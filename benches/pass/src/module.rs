//! The pass for a page.

use triqueta::bundle::Files;
use triqueta::catalog::Row;
use wasm_bindgen::prelude::*;

use super::LinearPass;

/// The files of a bundle, and once it is opened its pass.
#[wasm_bindgen]
#[derive(Default)]
pub struct PassInPage {
    files: Files,
    pass: Option<LinearPass>,
}

#[wasm_bindgen]
impl PassInPage {
    /// Nothing yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    pub fn insert(&mut self, path: String, bytes: Vec<u8>) {
        self.files.insert_trusted(path, bytes);
    }

    /// Opens the bundle.
    pub fn open(&mut self, id: &str, now_ms: f64) {
        let files = std::mem::take(&mut self.files);
        self.pass = Some(LinearPass::open(id, files, now_ms as i64));
    }

    /// Works out a visitor's tables.
    pub fn weigh(&mut self, profile: &str, history: &str) {
        self.pass.as_mut().unwrap().weigh(profile, history);
    }

    /// The best of all rows, as rows and sums.
    #[wasm_bindgen(js_name = ofEveryRow)]
    pub fn of_every_row(&mut self, rows: &mut [u32], sums: &mut [f32]) {
        put(self.pass.as_mut().unwrap().of_every_row(), rows, sums);
    }

    /// The best of those that a list may show, as rows and sums.
    #[wasm_bindgen(js_name = ofWhatMayBeShown)]
    pub fn of_what_may_be_shown(&mut self, rows: &mut [u32], sums: &mut [f32]) {
        put(
            self.pass.as_mut().unwrap().of_what_may_be_shown(),
            rows,
            sums,
        );
    }
}

fn put(best: &[(Row, f32)], rows: &mut [u32], sums: &mut [f32]) {
    for (&(Row(best), its_sum), (row, sum)) in best.iter().zip(rows.iter_mut().zip(sums)) {
        (*row, *sum) = (best, its_sum);
    }
}

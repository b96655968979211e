//! The same tables in memory: for private windows, full disks, Node, and visitors who allow nothing to be kept.

use std::collections::BTreeMap;

use wasm_bindgen::JsValue;

use super::storage::Change;

/// Tables that end with the page.
#[derive(Default)]
pub(super) struct Memory(BTreeMap<(&'static str, String), JsValue>);

impl Memory {
    pub(super) fn get(&self, table: &'static str, key: &str) -> JsValue {
        self.0
            .get(&(table, key.to_owned()))
            .cloned()
            .unwrap_or(JsValue::UNDEFINED)
    }

    pub(super) fn keys(&self, table: &'static str) -> Vec<String> {
        self.0
            .keys()
            .filter(|(of, _)| *of == table)
            .map(|(_, key)| key.clone())
            .collect()
    }

    pub(super) fn values(&self, table: &'static str, limit: u32) -> Vec<JsValue> {
        let values = self.0.iter().filter(|((of, _), _)| *of == table);
        values
            .map(|(_, value)| value.clone())
            .take(limit as usize)
            .collect()
    }

    pub(super) fn apply(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Put { table, key, value } => {
                    self.0.insert((table, key), value);
                }
                Change::Delete { table, key } => {
                    self.0.remove(&(table, key));
                }
                Change::Clear { table } => self.0.retain(|(of, _), _| *of != table),
            }
        }
    }
}

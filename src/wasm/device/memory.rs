//! The same tables in memory: for private windows, full disks, Node, and visitors who allow nothing to be kept.

use litemap::LiteMap;
use wasm_bindgen::JsValue;

use super::storage::Change;

/// Tables that end with the page.
#[derive(Default)]
pub(super) struct Memory(LiteMap<(&'static str, String), JsValue>);

impl Memory {
    pub(super) fn get(&self, table: &'static str, key: &str) -> JsValue {
        self.0
            .get(&(table, key.to_owned()))
            .cloned()
            .unwrap_or(JsValue::UNDEFINED)
    }

    pub(super) fn values_of(&self, table: &'static str, keys: &[&str]) -> Vec<JsValue> {
        keys.iter().map(|key| self.get(table, key)).collect()
    }

    pub(super) fn keys(&self, table: &'static str, prefix: &str) -> Vec<String> {
        let named = self.beginning(table, prefix);
        named.map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn values(&self, table: &'static str, prefix: &str, limit: u32) -> Vec<JsValue> {
        let named = self.beginning(table, prefix).take(limit as usize);
        named.map(|(_, value)| value.clone()).collect()
    }

    fn beginning<'a>(
        &'a self,
        table: &'static str,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a JsValue)> {
        let all = self.0.iter().map(|((of, key), value)| (*of, key, value));
        all.filter(move |(of, key, _)| *of == table && key.starts_with(prefix))
            .map(|(_, key, value)| (key, value))
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

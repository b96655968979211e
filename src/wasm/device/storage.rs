//! Where state lies: IndexedDB where the browser allows it, memory otherwise, behind one face.

use std::cell::RefCell;

use wasm_bindgen::JsValue;

use super::database::Database;
use super::memory::Memory;

/// `state`: small values by name. `files`: a bundle's files by path. `events`: the outbox by address and
/// event id.
pub(super) const TABLES: [&str; 3] = ["state", "files", "events"];
const NAME: &str = "triqueta";

/// One change to a table.
#[derive(Clone)]
pub(super) enum Change {
    Put {
        table: &'static str,
        key: String,
        value: JsValue,
    },
    Delete {
        table: &'static str,
        key: String,
    },
    Clear {
        table: &'static str,
    },
}

impl Change {
    /// A text into the state table.
    pub(super) fn state(key: &str, value: impl Into<String>) -> Self {
        Self::Put {
            table: "state",
            key: key.to_owned(),
            value: JsValue::from_str(&value.into()),
        }
    }

    /// A key out of the state table.
    pub(super) fn forget(key: &str) -> Self {
        Self::Delete {
            table: "state",
            key: key.to_owned(),
        }
    }
}

/// The tables.
pub(super) struct Storage {
    database: Option<Database>,
    memory: RefCell<Memory>,
}

impl Storage {
    /// Opens the database, or memory where it is unwanted or refused; the reason of a refusal comes along.
    pub(super) async fn open(wanted: bool) -> (Self, Option<String>) {
        let memory = RefCell::default();
        if !wanted {
            return (
                Self {
                    database: None,
                    memory,
                },
                None,
            );
        }
        match Database::open(NAME).await {
            Ok(database) => (
                Self {
                    database: Some(database),
                    memory,
                },
                None,
            ),
            Err(thrown) => (
                Self {
                    database: None,
                    memory,
                },
                Some(super::convert::message(&thrown)),
            ),
        }
    }

    /// Whether other pages see the same tables.
    pub(super) fn is_shared(&self) -> bool {
        self.database.is_some()
    }

    /// `indexeddb` or `memory`.
    pub(super) fn kind(&self) -> &'static str {
        if self.is_shared() {
            "indexeddb"
        } else {
            "memory"
        }
    }

    /// How many values of a table end with the page.
    pub(super) fn in_memory(&self, table: &'static str) -> usize {
        self.memory.borrow().keys(table, "").len()
    }

    /// A text of the state table.
    pub(super) async fn text(&self, key: &str) -> Option<String> {
        self.get("state", key).await.ok()?.as_string()
    }

    pub(super) async fn get(&self, table: &'static str, key: &str) -> Result<JsValue, JsValue> {
        match &self.database {
            Some(database) => database.get(table, key).await,
            None => Ok(self.memory.borrow().get(table, key)),
        }
    }

    /// Some keys of the state table, as they are at one moment.
    pub(super) async fn read(&self, keys: &[&str]) -> Result<Vec<JsValue>, JsValue> {
        self.values_of("state", keys).await
    }

    /// The values of some keys of a table, as they are at one moment.
    pub(super) async fn values_of(
        &self,
        table: &'static str,
        keys: &[&str],
    ) -> Result<Vec<JsValue>, JsValue> {
        match &self.database {
            Some(database) => database.values_of(table, keys).await,
            None => Ok(self.memory.borrow().values_of(table, keys)),
        }
    }

    /// The keys of a table that begin so, in order.
    pub(super) async fn keys(
        &self,
        table: &'static str,
        prefix: &str,
    ) -> Result<Vec<String>, JsValue> {
        match &self.database {
            Some(database) => database.keys(table, prefix).await,
            None => Ok(self.memory.borrow().keys(table, prefix)),
        }
    }

    /// Up to `limit` values of a table whose keys begin so, in order of key.
    pub(super) async fn values(
        &self,
        table: &'static str,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<JsValue>, JsValue> {
        match &self.database {
            Some(database) => database.values(table, prefix, limit).await,
            None => Ok(self.memory.borrow().values(table, prefix, limit)),
        }
    }

    /// Reads state, decides and writes in one step that no other tab can interrupt.
    pub(super) async fn update(
        &self,
        keys: &[&str],
        decide: &mut dyn FnMut(Vec<JsValue>) -> Vec<Change>,
    ) -> Result<(), JsValue> {
        match &self.database {
            Some(database) => database.update(keys, decide).await,
            None => {
                let values = self.memory.borrow().values_of("state", keys);
                let changes = decide(values);
                self.memory.borrow_mut().apply(changes);
                Ok(())
            }
        }
    }

    pub(super) async fn write(&self, changes: Vec<Change>) -> Result<(), JsValue> {
        self.update(&[], &mut |_| changes.clone()).await
    }

    pub(super) fn close(&self) {
        if let Some(database) = &self.database {
            database.close();
        }
    }
}

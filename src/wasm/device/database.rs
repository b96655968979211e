//! IndexedDB as three named tables. Every write is one transaction with strict durability, so that what is reported as
//! kept is on the disk.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest,
    IdbTransaction,
};

use super::storage::{Change, TABLES};

const VERSION: u32 = 1;

/// An open database.
#[derive(Clone)]
pub(super) struct Database(IdbDatabase);

/// Settles when a request does.
fn settled(request: &IdbRequest) -> Promise {
    Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    })
}

/// Waits for a request and gives its result.
async fn finished(request: &IdbRequest) -> Result<JsValue, JsValue> {
    if JsFuture::from(settled(request)).await.is_err() {
        return Err(request
            .error()
            .ok()
            .flatten()
            .map_or(JsValue::NULL, JsValue::from));
    }
    request.result()
}

impl Database {
    /// Opens the database, making its tables where it is new.
    pub(super) async fn open(name: &str) -> Result<Self, JsValue> {
        let factory = Reflect::get(&js_sys::global(), &JsValue::from_str("indexedDB"))?;
        let factory: IdbFactory = factory.dyn_into()?;
        let request = factory.open_with_u32(name, VERSION)?;
        let (upgraded, blocked) = (
            upgrade(&request),
            Promise::new(&mut |_, reject| request.set_onblocked(Some(&reject))),
        );
        request.set_onupgradeneeded(Some(upgraded.as_ref().unchecked_ref::<Function>()));
        let opened = Promise::new(&mut |resolve, reject| {
            request.set_onsuccess(Some(&resolve));
            request.set_onerror(Some(&reject));
        });
        JsFuture::from(Promise::race(&Array::of2(&opened, &blocked))).await?;
        drop(upgraded);
        Ok(Self(request.result()?.dyn_into()?))
    }

    fn begin(&self, mode: &str) -> Result<IdbTransaction, JsValue> {
        let names: Array = TABLES.iter().map(|name| JsValue::from_str(name)).collect();
        let options = Object::new();
        Reflect::set(
            &options,
            &JsValue::from_str("durability"),
            &JsValue::from_str("strict"),
        )?;
        let begin: Function =
            Reflect::get(&self.0, &JsValue::from_str("transaction"))?.dyn_into()?;
        begin
            .call3(&self.0, &names, &JsValue::from_str(mode), &options)?
            .dyn_into()
    }

    /// The value of a key, `undefined` where there is none.
    pub(super) async fn get(&self, table: &str, key: &str) -> Result<JsValue, JsValue> {
        let store = self.begin("readonly")?.object_store(table)?;
        finished(&store.get(&JsValue::from_str(key))?).await
    }

    /// The values of some keys of a table, as they are at one moment.
    pub(super) async fn values_of(
        &self,
        table: &str,
        keys: &[&str],
    ) -> Result<Vec<JsValue>, JsValue> {
        values_of(&self.begin("readonly")?.object_store(table)?, keys).await
    }

    /// The keys of a table that begin so, in order.
    pub(super) async fn keys(&self, table: &str, prefix: &str) -> Result<Vec<String>, JsValue> {
        let store = self.begin("readonly")?.object_store(table)?;
        let asked = store.get_all_keys_with_key(&range(prefix)?)?;
        let keys = finished(asked.as_ref()).await?;
        Ok(Array::from(&keys)
            .iter()
            .filter_map(|key| key.as_string())
            .collect())
    }

    /// Up to `limit` values of a table whose keys begin so, in order of key.
    pub(super) async fn values(
        &self,
        table: &str,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<JsValue>, JsValue> {
        let store = self.begin("readonly")?.object_store(table)?;
        let asked = store.get_all_with_key_and_limit(&range(prefix)?, limit)?;
        let values = finished(asked.as_ref()).await?;
        Ok(Array::from(&values).iter().collect())
    }

    /// Reads some keys of the state table, asks what to change, and changes it, all in one transaction: no other tab can
    /// come between.
    pub(super) async fn update(
        &self,
        keys: &[&str],
        decide: &mut dyn FnMut(Vec<JsValue>) -> Vec<Change>,
    ) -> Result<(), JsValue> {
        let transaction = self.begin("readwrite")?;
        let state = transaction.object_store("state")?;
        for change in decide(values_of(&state, keys).await?) {
            if let Err(thrown) = apply(&transaction, &change) {
                // All or nothing: without this the browser would keep what came before.
                let _ = transaction.abort();
                return Err(thrown);
            }
        }
        let done = Promise::new(&mut |resolve, reject| {
            transaction.set_oncomplete(Some(&resolve));
            transaction.set_onerror(Some(&reject));
            transaction.set_onabort(Some(&reject));
        });
        let failed = |_| {
            transaction.error().map_or(
                JsValue::from_str("the transaction was aborted"),
                JsValue::from,
            )
        };
        JsFuture::from(done).await.map(|_| ()).map_err(failed)
    }

    /// Closes the connection, so that another tab may upgrade the database.
    pub(super) fn close(&self) {
        self.0.close();
    }
}

/// All are asked for at once: every answer costs a turn of the page.
async fn values_of(table: &IdbObjectStore, keys: &[&str]) -> Result<Vec<JsValue>, JsValue> {
    let asked = keys.iter().map(|key| table.get(&JsValue::from_str(key)));
    let asked = asked.collect::<Result<Vec<IdbRequest>, _>>()?;
    let all: Array = asked.iter().map(settled).collect();
    if JsFuture::from(Promise::all(&all)).await.is_err() {
        return Err(JsValue::from_str("what is stored could not be read"));
    }
    asked.iter().map(IdbRequest::result).collect()
}

/// All keys that begin so.
fn range(prefix: &str) -> Result<JsValue, JsValue> {
    let after = format!("{prefix}\u{ffff}");
    IdbKeyRange::bound(&JsValue::from_str(prefix), &JsValue::from_str(&after)).map(JsValue::from)
}

fn apply(transaction: &IdbTransaction, change: &Change) -> Result<(), JsValue> {
    let store =
        |table: &str| -> Result<IdbObjectStore, JsValue> { transaction.object_store(table) };
    match change {
        Change::Put { table, key, value } => store(table)?
            .put_with_key(value, &JsValue::from_str(key))
            .map(|_| ()),
        Change::Delete { table, key } => store(table)?.delete(&JsValue::from_str(key)).map(|_| ()),
        Change::Clear { table } => store(table)?.clear().map(|_| ()),
    }
}

fn upgrade(request: &IdbOpenDbRequest) -> wasm_bindgen::closure::Closure<dyn FnMut(JsValue)> {
    let request = request.clone();
    wasm_bindgen::closure::Closure::once(move |_: JsValue| {
        let Ok(database) = request.result().and_then(JsCast::dyn_into::<IdbDatabase>) else {
            return;
        };
        for table in TABLES {
            // A table that exists already stays.
            let _ = database.create_object_store(table);
        }
    })
}

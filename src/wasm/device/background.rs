//! What a service worker does when the network is back and perhaps no page is open: it sends what waits. There is no bundle
//! and no visitor's state here; consent, the right to send and how sending fares are read where the pages keep them.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use super::consent::asks_not_to_be_tracked;
use super::sender::{self, Outbox};
use super::state::{key, parsed};
use super::storage::Storage;
use super::{clock, convert};
use crate::event::{Consent, SessionId};
use crate::outbox::{Accounts, Sender, Unsaved};

/// Tells each address what was withdrawn and sends what waits for it, as far as the visitor allows and unless a page is at
/// it. Gives whether nothing is left.
#[wasm_bindgen(js_name = sendWaiting)]
pub async fn send_waiting() -> Result<bool, JsValue> {
    let (storage, refused) = Storage::open(true).await;
    if let Some(reason) = refused {
        return Err(convert::coded("STORAGE_UNAVAILABLE", &reason));
    }
    let consent: Consent = parsed(storage.text(key::CONSENT).await);
    let accounts: Accounts = parsed(storage.text(key::DEVICES).await);
    let withdrawals = storage.keys("state", key::WITHDRAWAL).await?;
    let mut is_done = true;
    if !withdrawals.is_empty() {
        sender::withdraw_all(&storage, "").await;
        is_done = storage.keys("state", key::WITHDRAWAL).await?.is_empty();
    }
    let may_send = consent
        .under_signal(asks_not_to_be_tracked())
        .allows_upload();
    let unsaved = RefCell::new(Unsaved::default());
    let me = SessionId::new(clock::random_bytes()).to_string();
    for account in accounts.iter().filter(|account| !account.url.is_empty()) {
        let outbox = Outbox {
            url: &account.url,
            storage: &storage,
            unsaved: &unsaved,
            me: &me,
        };
        let (report, _) = sender::flush(&mut Sender::default(), &outbox, may_send).await;
        is_done &= report.retry_in_ms.is_none();
    }
    storage.close();
    Ok(is_done)
}

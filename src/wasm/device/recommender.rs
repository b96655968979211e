//! What a page opens: the engine with the visitor's state, storage, network and consent around it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, JSON, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::consent::{self, Choice, View};
use super::inner::Inner;
use super::knowledge::{Knowledge, Vocabulary};
use super::sender;
use super::state::{self, State, keep_accounts, keep_history, keep_profile, key};
use super::storage::{Change, Storage};
use super::trust::Trust;
use super::view::{self, read_request, slate_view};
use super::{clock, convert, network, swap};
use crate::engine::Recollection;
use crate::event::{ActivityId, Body, Consent, DeviceId, SessionId};
use crate::history::Profile;
use crate::outbox::{Accounts, Fresh, Sender, Unsaved};
use crate::rank::Request;

/// How long after an event the queue is sent: clicks that come together travel together.
const GATHER_MS: i64 = 1_500;

struct Options {
    channel: String,
    events: Option<String>,
    storage: Option<String>,
    /// Slates carry both languages; kept so that a page may pass its options whole.
    #[allow(dead_code)]
    locale: Option<String>,
}

crate::json::object! { Options: strict { channel } { events, storage, locale } }

/// What is exported beside the history and the events that wait, which are JSON already.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Export<'a> {
    consent: &'a Consent,
    profile: &'a Profile,
    device_id: Option<DeviceId>,
    devices: &'a Accounts,
    unreadable_history: Option<String>,
}

/// The recommender of one page.
#[wasm_bindgen]
pub struct Recommender {
    inner: Rc<Inner>,
}

type Answer = Result<JsValue, JsValue>;

#[wasm_bindgen]
impl Recommender {
    /// Opens a channel: `{channel, events?, storage?: "auto" | "memory"}`. Rejects only where neither the network nor an
    /// earlier visit has a usable bundle; the reason has a code. `doubt`, where channels are to be signed, promises why a
    /// channel's bytes and signatures are not to be trusted, or nothing.
    pub async fn open(options: JsValue, doubt: Option<Function>) -> Result<Recommender, JsValue> {
        let options: Options = convert::read(&options).map_err(|error| convert::error(&error))?;
        let (storage, refused) = Storage::open(options.storage.as_deref() != Some("memory")).await;
        let storage = Rc::new(storage);
        let address = options.events.as_deref().map(network::absolute);
        let address = address.unwrap_or_default();
        let kept = state::load(&storage, &address).await;
        let session = SessionId::new(clock::random_bytes());
        let account = kept.accounts.get(&address);
        let unit =
            account.map_or_else(|| session.to_string(), |account| account.device.to_string());
        let trust = Rc::new(Trust::new(doubt));
        let opened = swap::open_soon(&storage, &options.channel, &trust, &unit).await;
        let opened = opened.map_err(|(code, message)| convert::coded(&code, &message));
        let (opened, under_way) = opened?;
        let refused = refused.map(|reason| {
            let message = format!("this browser does not let the page keep anything ({reason}); it works until it is closed");
            ("STORAGE_UNAVAILABLE".to_owned(), message)
        });
        let state = State {
            unreadable_history: None,
            engine: opened.engine,
            visitor: kept.visitor,
            recollection: Recollection::default(),
            consent: kept.consent,
            address,
            accounts: kept.accounts,
            fresh: Fresh::default(),
            unsaved: Rc::new(RefCell::new(Unsaved::default())),
            session,
            seed: u64::from_le_bytes(clock::random_bytes()) >> 12,
            source: opened.source,
            variant: opened.variant,
            problem: opened.problem.or(kept.problem).or(refused),
        };
        let inner = Rc::new(Inner {
            storage,
            channel: options.channel,
            trust,
            state: RefCell::new(state),
            sender: RefCell::new(Some(Sender::default())),
            storing: RefCell::new(vec![]),
            planned_ms: Cell::new(None),
            closed: Cell::new(false),
            on_renewed: RefCell::new(None),
        });
        Inner::plan_flush(&inner, 0);
        if let Some(opening) = under_way {
            let inner = Rc::clone(&inner);
            spawn_local(async move { inner.catch_up(opening).await });
        }
        Ok(Self { inner })
    }

    /// Calls back when a bundle has come that the first list did not wait for.
    #[wasm_bindgen(js_name = onRenewed)]
    pub fn on_renewed(&self, callback: Function) {
        self.inner.on_renewed.replace(Some(callback));
    }

    /// What is running, and on what.
    pub fn status(&self) -> Answer {
        view::status_view(&self.inner.state.borrow(), &self.inner.storage)
    }

    /// The decision in force.
    pub fn consent(&self) -> Answer {
        convert::write(&View::of(&self.inner.state.borrow().consent))
    }

    /// Carries out a decision; resolves once what it no longer covers is deleted here.
    #[wasm_bindgen(js_name = setConsent)]
    pub async fn set_consent(&self, choice: JsValue) -> Answer {
        let inner = Rc::clone(&self.inner);
        let choice: Choice = convert::read(&choice).map_err(|error| convert::error(&error))?;
        inner
            .storage
            .update(&key::SHARED, &mut |values| {
                let mut state = inner.state.borrow_mut();
                state.adopt(&values, true);
                consent::apply(&mut state, &choice)
            })
            .await?;
        inner.state.borrow_mut().fresh.clear();
        Inner::plan_flush(&inner, 0);
        convert::write(&View::of(&inner.state.borrow().consent))
    }

    /// What the visitor said about themselves.
    pub fn profile(&self) -> Answer {
        convert::write(&self.inner.state.borrow().visitor.profile)
    }

    /// Replaces it. A location is taken only with the visitor's opt-in, and never stored.
    #[wasm_bindgen(js_name = setProfile)]
    pub async fn set_profile(&self, profile: JsValue) -> Result<(), JsValue> {
        let inner = Rc::clone(&self.inner);
        let mut profile: Profile =
            convert::read(&profile).map_err(|error| convert::error(&error))?;
        let mut replace = |state: &mut State| {
            profile.location = profile
                .location
                .filter(|place| state.consent.allows_location() && place.is_valid());
            let since_ms = state.visitor.profile.since_ms;
            profile.since_ms = since_ms.or_else(|| Some(clock::now_ms()));
            state.visitor.profile = profile.clone();
        };
        replace(&mut inner.state.borrow_mut());
        inner
            .storage
            .update(&key::SHARED, &mut |values| {
                let mut state = inner.state.borrow_mut();
                state.adopt(&values, false);
                replace(&mut state);
                let keeps = state.consent.allows_storage();
                let change = keeps.then(|| keep_profile(&state.visitor));
                change.into_iter().collect()
            })
            .await
    }

    /// The best activities for this visitor now.
    pub fn recommend(&self, request: JsValue) -> Answer {
        // Reading it runs the page's own code, which may ask this recommender something.
        let request = read_request(&request, &self.inner.state.borrow())
            .map_err(|error| convert::error(&error))?;
        let mut state = self.inner.state.borrow_mut();
        let State {
            engine,
            visitor,
            recollection,
            ..
        } = &mut *state;
        let slate = engine
            .recommend_recalling(visitor, &request, recollection)
            .map_err(|error| convert::error(&error))?;
        slate_view(&state, slate)
    }

    /// Activities like one.
    pub fn similar(&self, activity: String, limit: Option<u16>) -> Answer {
        let state = self.inner.state.borrow();
        let request = Request {
            limit: limit.unwrap_or(10),
            now_ms: clock::now_ms(),
            seed: state.seed,
            placement: "similar".into(),
            ..Request::default()
        };
        let slate = state
            .engine
            .similar(&state.visitor, &ActivityId(activity), &request);
        slate_view(&state, slate.map_err(|error| convert::error(&error))?)
    }

    /// A slate with all its inputs, for support: `triqueta replay-slate` computes it again.
    pub fn trace(&self, request: JsValue) -> Answer {
        let state = self.inner.state.borrow();
        let trace = read_request(&request, &state)
            .and_then(|request| state.engine.trace(&state.visitor, &request))
            .map_err(|error| convert::error(&error))?;
        convert::write(&trace)
    }

    /// What the page shows of an activity; `null` where the catalogue does not have it.
    pub fn activity(&self, id: String) -> Answer {
        convert::write(&self.inner.state.borrow().engine.card(&ActivityId(id)))
    }

    /// The words the catalogue uses, with how many coming activities have each.
    pub fn vocabulary(&self) -> Answer {
        convert::write(&Vocabulary::of(&self.inner.state.borrow(), clock::now_ms()))
    }

    /// Takes note of something that happened. Resolves once it is durable, with the event's id where it will be sent; where
    /// the disk has no room it waits in memory, and `status().unsaved` counts it.
    pub async fn record(&self, body: JsValue) -> Result<Option<String>, JsValue> {
        let inner = Rc::clone(&self.inner);
        let body: Body = convert::read(&body).map_err(|error| convert::error(&error))?;
        body.validate()
            .map_err(|error| convert::error(&error.into()))?;
        let id = inner.record(body).await;
        if id.is_some() {
            Inner::plan_flush(&inner, GATHER_MS);
        }
        Ok(id.map(|id| id.to_string()))
    }

    /// Sends what waits now, whatever the waiting time after a failure.
    pub async fn flush(&self) -> Answer {
        let inner = Rc::clone(&self.inner);
        if let Some(sender) = inner.sender.borrow_mut().as_mut() {
            sender.at_once();
        }
        let report = inner.flush().await;
        if let Some(wait_ms) = report.retry_in_ms {
            Inner::plan_flush(&inner, wait_ms);
        }
        convert::write(&report)
    }

    /// To be called when another page changed something: what was decided and forgotten there holds here.
    pub async fn refresh(&self) -> Result<(), JsValue> {
        let inner = Rc::clone(&self.inner);
        inner.refresh().await
    }

    /// To be called when the page is hidden and may not return: sends what it stored last, at once. Only the server's
    /// answer deletes.
    pub fn leave(&self) {
        Inner::leave(&self.inner);
    }

    /// Asks the server for a newer bundle and takes it where it is good; `true` if there was one.
    pub async fn sync(&self) -> Result<bool, JsValue> {
        let inner = Rc::clone(&self.inner);
        Ok(inner.renew().await)
    }

    /// Everything this device knows of the visitor, and what left it.
    pub async fn knowledge(&self) -> Answer {
        let inner = Rc::clone(&self.inner);
        let (address, unsaved) = {
            let state = inner.state.borrow();
            (state.address.clone(), Rc::clone(&state.unsaved))
        };
        let outbox = sender::Outbox {
            url: &address,
            storage: &inner.storage,
            unsaved: &unsaved,
            me: "",
        };
        let counts = outbox.counts().await;
        convert::write(&Knowledge::of(
            &inner.state.borrow(),
            counts,
            clock::now_ms(),
        ))
    }

    /// All of it as JSON.
    #[wasm_bindgen(js_name = exportData)]
    pub async fn export_data(&self) -> Result<String, JsValue> {
        let inner = Rc::clone(&self.inner);
        let events = inner.storage.values("events", "", u32::MAX).await;
        let events = events.unwrap_or_default();
        let events = events
            .iter()
            .filter_map(|json| JSON::parse(&json.as_string()?).ok());
        let waiting: Array = events.collect();
        let unreadable = inner.storage.text(key::UNREADABLE).await;
        let state = inner.state.borrow();
        let history = JSON::parse(&state.visitor.history.snapshot())?;
        let all = convert::write(&Export {
            consent: &state.consent,
            profile: &state.visitor.profile,
            device_id: state.device(),
            devices: &state.accounts,
            unreadable_history: unreadable,
        })?;
        Reflect::set(&all, &"history".into(), &history)?;
        Reflect::set(&all, &"waitingToBeSent".into(), &waiting)?;
        JSON::stringify_with_replacer_and_space(&all, &JsValue::NULL, &2.into()).map(String::from)
    }

    /// Forgets one activity on this device, what waits to be sent about it included; or everything, here and on the
    /// server.
    pub async fn forget(&self, activity: Option<String>) -> Result<(), JsValue> {
        let inner = Rc::clone(&self.inner);
        let activity = activity.map(ActivityId);
        let waiting = match &activity {
            Some(activity) => sender::about(&inner.storage, activity).await,
            None => vec![],
        };
        inner
            .storage
            .update(&key::SHARED, &mut |values| {
                let mut state = inner.state.borrow_mut();
                // Everything is everything, also where this page keeps nothing and another does.
                state.adopt(&values, activity.is_none());
                match &activity {
                    Some(activity) => forget_one(&mut state, activity, &waiting),
                    None => forget_all(&mut state),
                }
            })
            .await?;
        inner.state.borrow_mut().fresh.clear();
        Inner::plan_flush(&inner, 0);
        Ok(())
    }

    /// Closes the storage. Events that wait are sent at the next visit.
    pub fn close(&self) {
        self.inner.closed.set(true);
        self.inner.storage.close();
    }
}

fn forget_one(state: &mut State, activity: &ActivityId, waiting: &[String]) -> Vec<Change> {
    state.visitor.history.forget(activity);
    // What was made of the past knows of it too.
    state.recollection = Recollection::default();
    state.unsaved.borrow_mut().forget(activity);
    // What cannot be read may hold it still: forgetting comes first.
    state.unreadable_history = None;
    if !state.consent.allows_storage() {
        return vec![];
    }
    // The servers now know of more than this history does.
    state.accounts.told_only(None);
    let mut changes = vec![keep_history(state), keep_accounts(&state.accounts)];
    changes.extend(waiting.iter().map(|id| Change::Delete {
        table: "events",
        key: id.clone(),
    }));
    changes
}

fn forget_all(state: &mut State) -> Vec<Change> {
    state.forget_visitor();
    let mut changes = consent::forget_devices(state);
    changes.push(Change::forget(key::UNREADABLE));
    if state.consent.allows_storage() {
        let again = Choice::of(&state.consent);
        changes.extend(consent::apply(state, &again));
    }
    changes
}

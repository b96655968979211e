//! What a page opens: the engine with the visitor's state, storage, network and consent around it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::consent::{self, Choice, View};
use super::knowledge::{Knowledge, Vocabulary};
use super::sender::{self, FlushReport, Sender};
use super::state::{self, State, keep, key, number};
use super::storage::{Change, Storage};
use super::{clock, convert, network, swap};
use crate::engine::ActivityCard;
use crate::error::RecommenderError;
use crate::event::{ActivityId, Body, Event, EventId, SessionId};
use crate::history::{History, Profile};
use crate::rank::{Request, Slate, SlateItem};

/// How long after an event the queue is sent: clicks that come together travel together.
const GATHER_MS: i64 = 1_500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Options {
    channel: String,
    events: Option<String>,
    storage: Option<String>,
    /// Slates carry both languages; kept so that a page may pass its options whole.
    #[serde(default)]
    #[allow(dead_code)]
    locale: Option<String>,
}

#[derive(Serialize)]
struct Problem<'a> {
    code: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct Status<'a> {
    source: &'a str,
    bundle: &'a str,
    variant: &'a str,
    storage: &'a str,
    problem: Option<Problem<'a>>,
}

/// A slate's item with what the page shows of the activity.
#[derive(Serialize)]
struct ItemView<'a> {
    #[serde(flatten)]
    item: &'a SlateItem,
    card: Option<ActivityCard>,
}

/// The recommender of one page.
#[wasm_bindgen]
pub struct Recommender {
    inner: Rc<Inner>,
}

struct Inner {
    storage: Storage,
    channel: String,
    state: RefCell<State>,
    /// Absent while a flush runs.
    sender: RefCell<Option<Sender>>,
    flush_planned: Cell<bool>,
    closed: Cell<bool>,
}

type Answer = Result<JsValue, JsValue>;

#[wasm_bindgen]
impl Recommender {
    /// Opens a channel: `{channel, events?, storage?: "auto" | "memory"}`. Rejects only where neither the network nor an
    /// earlier visit has a usable bundle; the reason has a code.
    pub async fn open(options: JsValue) -> Result<Recommender, JsValue> {
        let options: Options = convert::read(&options).map_err(|error| convert::error(&error))?;
        let (storage, refused) = Storage::open(options.storage.as_deref() != Some("memory")).await;
        let kept = state::load(&storage).await;
        let session = SessionId::new(clock::random_bytes());
        let unit = kept.device.map_or_else(|| session.to_string(), |device| device.to_string());
        let opened = swap::open(&storage, &options.channel, &unit).await;
        let opened = opened.map_err(|(code, message)| convert::coded(&code, &message))?;
        let refused = refused.map(|reason| {
            let message = format!("this browser does not let the page keep anything ({reason}); it works until it is closed");
            ("STORAGE_UNAVAILABLE".to_owned(), message)
        });
        let state = State {
            engine: opened.engine,
            visitor: kept.visitor,
            consent: kept.consent,
            device: kept.device,
            session,
            seed: u64::from_le_bytes(clock::random_bytes()) >> 12,
            replayable: kept.replayable,
            source: opened.source,
            variant: opened.variant,
            problem: opened.problem.or(kept.problem).or(refused),
        };
        let inner = Rc::new(Inner {
            storage,
            channel: options.channel,
            state: RefCell::new(state),
            sender: RefCell::new(Some(Sender::new(options.events))),
            flush_planned: Cell::new(false),
            closed: Cell::new(false),
        });
        Inner::plan_flush(&inner, 0);
        Ok(Self { inner })
    }

    /// What is running, and on what.
    pub fn status(&self) -> Answer {
        let state = self.inner.state.borrow();
        let problem = state.problem.as_ref().map(|(code, message)| Problem { code, message });
        let (bundle, variant) = (state.engine.bundle().id.as_str(), state.variant.as_str());
        convert::write(&Status { source: state.source, bundle, variant, storage: self.inner.storage.kind(), problem })
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
        let changes = consent::apply(&mut inner.state.borrow_mut(), &choice);
        inner.storage.write(changes).await?;
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
        let mut profile: Profile = convert::read(&profile).map_err(|error| convert::error(&error))?;
        let changes = {
            let mut state = inner.state.borrow_mut();
            profile.location = profile.location.filter(|place| state.consent.allows_location() && place.is_valid());
            profile.since_ms = state.visitor.profile.since_ms.or(Some(clock::now_ms()));
            state.visitor.profile = profile;
            if state.consent.allows_storage() { keep(&state.visitor) } else { vec![] }
        };
        inner.storage.write(changes).await
    }

    /// The best activities for this visitor now.
    pub fn recommend(&self, request: JsValue) -> Answer {
        let state = self.inner.state.borrow();
        let slate = read_request(&request, &state)
            .and_then(|request| state.engine.recommend(&state.visitor, &request))
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
        let slate = state.engine.similar(&state.visitor, &ActivityId(activity), &request);
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

    /// Takes note of something that happened. Resolves once it is durable, with the event's id where it will be sent.
    pub async fn record(&self, body: JsValue) -> Result<Option<String>, JsValue> {
        let inner = Rc::clone(&self.inner);
        let body: Body = convert::read(&body).map_err(|error| convert::error(&error))?;
        body.validate().map_err(|error| convert::error(&error.into()))?;
        let id = inner.record(body).await?;
        if id.is_some() {
            Inner::plan_flush(&inner, GATHER_MS);
        }
        Ok(id.map(|id| id.to_string()))
    }

    /// Sends what waits now, whatever the waiting time after a failure.
    pub async fn flush(&self) -> Answer {
        let inner = Rc::clone(&self.inner);
        if let Some(sender) = inner.sender.borrow_mut().as_mut() {
            sender.reset();
        }
        convert::write(&inner.flush().await)
    }

    /// Asks the server for a newer bundle and takes it where it is good; `true` if there was one.
    pub async fn sync(&self) -> Result<bool, JsValue> {
        let inner = Rc::clone(&self.inner);
        let (unit, current) = {
            let state = inner.state.borrow();
            let unit = state.device.map_or_else(|| state.session.to_string(), |device| device.to_string());
            (unit, state.engine.bundle().id.clone())
        };
        let opened = swap::open(&inner.storage, &inner.channel, &unit).await;
        let mut state = inner.state.borrow_mut();
        match opened {
            Ok(opened) => {
                let changed = opened.engine.bundle().id != current;
                (state.engine, state.variant) = (opened.engine, opened.variant);
                (state.source, state.problem) = (opened.source, opened.problem);
                Ok(changed)
            }
            Err(problem) => {
                state.problem = Some(problem);
                Ok(false)
            }
        }
    }

    /// Everything this device knows of the visitor, and what left it.
    pub async fn knowledge(&self) -> Answer {
        let inner = Rc::clone(&self.inner);
        let counts = sender::counts(&inner.storage).await;
        convert::write(&Knowledge::of(&inner.state.borrow(), counts, clock::now_ms()))
    }

    /// All of it as JSON.
    #[wasm_bindgen(js_name = exportData)]
    pub async fn export_data(&self) -> Result<String, JsValue> {
        let inner = Rc::clone(&self.inner);
        let events: Vec<serde_json::Value> = inner
            .storage
            .values("events", u32::MAX)
            .await
            .unwrap_or_default()
            .iter()
            .filter_map(|value| serde_json::from_str(&value.as_string()?).ok())
            .collect();
        let state = inner.state.borrow();
        let history: serde_json::Value = serde_json::from_str(&state.visitor.history.snapshot()).unwrap_or_default();
        let all = serde_json::json!({
            "consent": state.consent,
            "profile": state.visitor.profile,
            "history": history,
            "deviceId": state.device,
            "waitingToBeSent": events,
        });
        serde_json::to_string_pretty(&all).map_err(|error| convert::coded("EXPORT_FAILED", &error.to_string()))
    }

    /// Forgets one activity, or everything, here and on the server.
    pub async fn forget(&self, activity: Option<String>) -> Result<(), JsValue> {
        let inner = Rc::clone(&self.inner);
        let changes = {
            let mut state = inner.state.borrow_mut();
            match activity {
                Some(activity) => {
                    state.visitor.history.forget(&ActivityId(activity));
                    if state.consent.allows_storage() { keep(&state.visitor) } else { vec![] }
                }
                None => {
                    state.visitor = Default::default();
                    let mut changes = consent::forget_device(&mut state);
                    changes.extend([Change::forget(key::HISTORY), Change::forget(key::PROFILE)]);
                    if state.consent.allows_upload() {
                        let again = Choice::of(&state.consent);
                        changes.extend(consent::apply(&mut state, &again));
                    }
                    changes
                }
            }
        };
        inner.storage.write(changes).await?;
        Inner::plan_flush(&inner, 0);
        Ok(())
    }

    /// Closes the storage. Events that wait are sent at the next visit.
    pub fn close(&self) {
        self.inner.closed.set(true);
        self.inner.storage.close();
    }
}

fn read_request(request: &JsValue, state: &State) -> Result<Request, RecommenderError> {
    let mut request: Request =
        if request.is_undefined() || request.is_null() { Request::default() } else { convert::read(request)? };
    if request.now_ms == 0 {
        request.now_ms = clock::now_ms();
    }
    if request.seed == 0 {
        request.seed = state.seed;
    }
    if request.placement.is_empty() {
        request.placement = "list".into();
    }
    Ok(request)
}

fn slate_view(state: &State, mut slate: Slate) -> Answer {
    for item in &mut slate.items {
        item.shown.replayable = state.replayable && state.consent.allows_upload();
    }
    let items: Vec<ItemView<'_>> =
        slate.items.iter().map(|item| ItemView { item, card: state.engine.card(&item.activity) }).collect();
    let view = convert::write(&slate)?;
    let views = js_sys::Array::from(&convert::write(&items)?);
    for item in views.iter() {
        let card = js_sys::Reflect::get(&item, &JsValue::from_str("card"))?;
        js_sys::Reflect::set(&item, &JsValue::from_str("activity"), &card)?;
        js_sys::Reflect::delete_property(item.unchecked_ref::<js_sys::Object>(), &JsValue::from_str("card"))?;
    }
    js_sys::Reflect::set(&view, &JsValue::from_str("items"), &views)?;
    Ok(view)
}

impl Inner {
    /// Folds an event into the history and, as far as consent goes, into storage and the outbox, in one transaction that
    /// also takes in what another tab did meanwhile.
    async fn record(&self, body: Body) -> Result<Option<EventId>, JsValue> {
        let time_ms = clock::now_ms();
        let (stores, sends) = {
            let mut state = self.state.borrow_mut();
            let State { engine, visitor, .. } = &mut *state;
            engine.observe(visitor, time_ms, &body);
            let sends = state.consent.allows_upload() && state.device.is_some() && self.sends();
            (state.consent.allows_storage(), sends)
        };
        if !stores {
            return Ok(None);
        }
        let id = EventId::new(time_ms, &clock::random_bytes());
        self.storage
            .update(&[key::HISTORY, key::SEQUENCE], &mut |values| {
                let mut state = self.state.borrow_mut();
                let stored = values.first().and_then(|value| History::restore(&value.as_string()?).ok());
                if let Some(history) = stored {
                    let State { engine, visitor, .. } = &mut *state;
                    visitor.history = history;
                    engine.observe(visitor, time_ms, &body);
                }
                let mut changes = vec![Change::state(key::HISTORY, state.visitor.history.snapshot())];
                let device = state.device.filter(|_| sends && state.consent.allows_upload());
                if let Some(device) = device {
                    let sequence = values.get(1).map_or(0, number) + 1;
                    let (session, consent) = (state.session, state.consent.clone());
                    let event = Event { id, device, sequence, time_ms, session, user: None, consent, body: body.clone() };
                    let json = serde_json::to_string(&event).unwrap_or_default();
                    changes.push(Change::state(key::SEQUENCE, sequence.to_string()));
                    changes.push(Change::Put {
                        table: "events",
                        key: id.to_string(),
                        value: JsValue::from_str(&json),
                    });
                }
                changes
            })
            .await?;
        Ok(sends.then_some(id))
    }

    fn sends(&self) -> bool {
        // While a flush holds the sender there certainly is an address.
        self.sender.borrow().as_ref().is_none_or(|sender| sender.url.is_some())
    }

    /// Sends the queue, unless a flush is running.
    async fn flush(&self) -> FlushReport {
        self.withdraw_pending().await;
        let device = self.state.borrow().device.filter(|_| self.state.borrow().consent.allows_upload());
        // Without a device nothing is sent, and the sender stays where it is for the day there is one.
        let taken = device.and_then(|_| self.sender.borrow_mut().take());
        let (Some(device), Some(mut sender)) = (device, taken) else {
            let (pending, _, dropped) = sender::counts(&self.storage).await;
            return FlushReport { pending, dropped, ..FlushReport::default() };
        };
        let report = sender::flush(&mut sender, &self.storage, device).await;
        *self.sender.borrow_mut() = Some(sender);
        report
    }

    /// Tells the server about a withdrawal it has not confirmed yet.
    async fn withdraw_pending(&self) {
        let Some(device) = self.storage.text(key::WITHDRAWAL).await else { return };
        let url = self.sender.borrow().as_ref().and_then(|sender| sender.url.clone());
        let Some(url) = url else { return };
        if network::is_online() && sender::withdraw(&url, &device).await {
            let _ = self.storage.write(vec![Change::forget(key::WITHDRAWAL)]).await;
        }
    }

    /// Flushes after a while, and again as long as something waits.
    fn plan_flush(inner: &Rc<Self>, delay_ms: i64) {
        if inner.flush_planned.replace(true) {
            return;
        }
        let inner = Rc::clone(inner);
        spawn_local(async move {
            clock::sleep(delay_ms).await;
            inner.flush_planned.set(false);
            if inner.closed.get() {
                return;
            }
            let report = inner.flush().await;
            if let Some(wait_ms) = report.retry_in_ms {
                Self::plan_flush(&inner, wait_ms);
            }
        });
    }
}

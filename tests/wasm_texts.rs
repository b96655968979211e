//! Are texts found that stay in the browser's memory, and is their list empty where that was handed elsewhere?
#![cfg(all(target_arch = "wasm32", feature = "plain"))]
#![allow(clippy::unwrap_used)]

mod support;

use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use triqueta::history::Visitor;
use triqueta::rank::{Filters, Request};
use triqueta::wasm::PlainEngine;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn titles_are_searched_where_they_lie() {
    let draft = support::draft(3, 40);
    let (id, files) = support::sealed(&draft, &[]);
    let (pairs, buffers) = (Array::new(), Array::new());
    for (path, bytes) in files.iter() {
        let bytes = Uint8Array::from(bytes);
        buffers.push(&bytes.buffer());
        pairs.push(&Array::of2(&JsValue::from_str(path), &bytes));
    }
    let mut engine = PlainEngine::open(&id, &pairs, false).unwrap();
    let request = Request {
        now_ms: support::NOW_MS,
        filters: Filters {
            query: "numero 7".into(),
            ..Filters::default()
        },
        ..Request::default()
    };
    let asked = serde_json::to_string(&request).unwrap();
    let mut found = || engine.recommend(&asked).unwrap();
    let expected = support::engine_of(&draft).recommend(&Visitor::default(), &request);
    let expected = expected.unwrap();
    assert!(expected.items.len() > 1);
    assert_eq!(found(), serde_json::to_string(&expected).unwrap());

    let named = |name: &str| Reflect::get(&js_sys::global(), &JsValue::from_str(name)).unwrap();
    let clone: Function = named("structuredClone").unchecked_into();
    let options = Object::new();
    Reflect::set(&options, &JsValue::from_str("transfer"), &buffers).unwrap();
    clone.call2(&JsValue::NULL, &buffers, &options).unwrap();
    let found = found();
    assert!(found.contains(r#""items":[]"#), "{found}");
}
